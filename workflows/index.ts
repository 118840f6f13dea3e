export { reconcile } from './reconciliation/workflow.ts';
export { subscription } from './subscription/workflow.ts';
