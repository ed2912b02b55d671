process.stdout.write(`${process.pid}\n`);
setInterval(() => {}, 60_000);
