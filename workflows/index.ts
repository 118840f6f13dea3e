export { subscription } from './subscription/workflow.ts';
