import fc from 'fast-check';

/** Every run draws the same, so that a change is judged by what it changes. Other draws: `PROPERTY_SEED=7 npx vitest run --project unit domain/`. */
fc.configureGlobal({ seed: Number(process.env.PROPERTY_SEED ?? 1) });

export default fc;
