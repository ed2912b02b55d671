import { arch, cpus, loadavg, platform, release, totalmem } from 'node:os';

export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly gibibytes: number;
  readonly system: string;
  readonly node: string;
  /** Of the last minute, before anything was measured: what else the machine had to do. */
  readonly load: number;
}

export function thisMachine(): Machine {
  return {
    processor: cpus()[0]?.model ?? 'unknown processor',
    cores: cpus().length,
    gibibytes: Math.round(totalmem() / 2 ** 30),
    system: `${platform()} ${release()} ${arch()}`,
    node: process.version,
    load: Math.round((loadavg()[0] ?? NaN) * 10) / 10,
  };
}

export function describe({ processor, cores, gibibytes, system, node, load }: Machine): string {
  return `${processor}, ${cores} cores, ${gibibytes} GiB, ${system}, Node ${node}, load before ${load.toFixed(1)}`;
}
