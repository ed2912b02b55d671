/** Under this token the workers of this sample find out which one they are. */
export const WORKER_NAME = Symbol('name of the worker');
