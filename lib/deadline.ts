/** Settles as `promise` does, or rejects with `timedOut()` when `milliseconds` have passed first. */
export async function within<T>(promise: Promise<T>, milliseconds: number, timedOut: () => Error): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(timedOut()), milliseconds);
  });
  try {
    return await Promise.race([promise, deadline]);
  } finally {
    clearTimeout(timer);
  }
}

/** Waits until `promise` has settled, but not longer than `milliseconds`. */
export async function atMost(promise: Promise<unknown>, milliseconds: number): Promise<void> {
  await within(promise, milliseconds, () => new Error('It took too long.')).catch(() => {});
}
