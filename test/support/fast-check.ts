import fc from 'fast-check';

/** The same cases each time, so that a failure is about the change; another `SEED` tries others. */
fc.configureGlobal({ seed: Number(process.env['SEED'] ?? 20_261_122) });

export default fc;
