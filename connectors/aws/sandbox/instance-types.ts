/**
 * Sizes of the common instance types: vCPUs, threads per core, MiB. https://docs.aws.amazon.com/ec2/latest/instancetypes/
 * The families are regular: a size up doubles both.
 */
export interface InstanceTypeFacts {
  readonly name: string;
  readonly vcpus: number;
  readonly cores: number;
  readonly threadsPerCore: number;
  readonly memoryMib: number;
  readonly architecture: 'x86_64' | 'arm64';
  readonly maker: string;
  readonly burstable: boolean;
  readonly hypervisor: 'nitro' | 'xen';
}

interface Family { readonly gibPerVcpu: number; readonly threads: 1 | 2; readonly architecture: 'x86_64' | 'arm64'; readonly maker: string; readonly hypervisor?: 'xen' }

const intel = (gibPerVcpu: number): Family => ({ gibPerVcpu, threads: 2, architecture: 'x86_64', maker: 'Intel' });
const amd = (gibPerVcpu: number, threads: 1 | 2 = 2): Family => ({ gibPerVcpu, threads, architecture: 'x86_64', maker: 'AMD' });
const graviton = (gibPerVcpu: number): Family => ({ gibPerVcpu, threads: 1, architecture: 'arm64', maker: 'AWS' });

const FAMILIES: Readonly<Record<string, Family>> = {
  m5: intel(4), m6i: intel(4), m7i: intel(4), m5a: amd(4), m6a: amd(4), m7a: amd(4, 1), m6g: graviton(4), m7g: graviton(4),
  c5: intel(2), c6i: intel(2), c7i: intel(2), c5a: amd(2), c6a: amd(2), c6g: graviton(2), c7g: graviton(2),
  r5: intel(8), r6i: intel(8), r7i: intel(8), r5a: amd(8), r6a: amd(8), r6g: graviton(8), r7g: graviton(8),
};
const SIZES: Readonly<Record<string, number>> = { large: 2, xlarge: 4, '2xlarge': 8, '4xlarge': 16, '8xlarge': 32, '12xlarge': 48, '16xlarge': 64, '24xlarge': 96 };
/** c5 and r5-like families differ here: c5 has no 8xlarge and 16xlarge (9xlarge and 18xlarge instead). */
const ABSENT = new Set(['c5.8xlarge', 'c5.16xlarge']);
const BURSTABLE: Readonly<Record<string, { readonly vcpus: number; readonly memoryMib: number }>> = {
  nano: { vcpus: 2, memoryMib: 512 }, micro: { vcpus: 2, memoryMib: 1_024 }, small: { vcpus: 2, memoryMib: 2_048 }, medium: { vcpus: 2, memoryMib: 4_096 },
  large: { vcpus: 2, memoryMib: 8_192 }, xlarge: { vcpus: 4, memoryMib: 16_384 }, '2xlarge': { vcpus: 8, memoryMib: 32_768 },
};

function build(): ReadonlyMap<string, InstanceTypeFacts> {
  const all = new Map<string, InstanceTypeFacts>();
  const add = (name: string, family: Family, vcpus: number, memoryMib: number, burstable: boolean): void => {
    all.set(name, {
      name, vcpus, cores: vcpus / family.threads, threadsPerCore: family.threads, memoryMib, burstable,
      architecture: family.architecture, maker: family.maker, hypervisor: family.hypervisor ?? 'nitro',
    });
  };
  for (const [prefix, family] of Object.entries(FAMILIES)) {
    for (const [size, vcpus] of Object.entries(SIZES)) {
      const name = `${prefix}.${size}`;
      if (!ABSENT.has(name) && (family.architecture === 'x86_64' || vcpus <= 64)) add(name, family, vcpus, vcpus * family.gibPerVcpu * 1_024, false);
    }
  }
  for (const [prefix, family] of [['t3', intel(4)], ['t3a', amd(4)], ['t4g', graviton(4)]] as const) {
    for (const [size, facts] of Object.entries(BURSTABLE)) add(`${prefix}.${size}`, family, facts.vcpus, facts.memoryMib, true);
  }
  const xen: Family = { gibPerVcpu: 4, threads: 1, architecture: 'x86_64', maker: 'Intel', hypervisor: 'xen' };
  for (const [size, vcpus, memoryMib] of [['nano', 1, 512], ['micro', 1, 1_024], ['small', 1, 2_048], ['medium', 2, 4_096], ['large', 2, 8_192]] as const) {
    add(`t2.${size}`, xen, vcpus, memoryMib, true);
  }
  return all;
}

export const INSTANCE_TYPES = build();

/** The smallest type that has as many vCPUs and as much memory; for machines that name none. */
export function fittingType(vcpus: number, memoryMib: number): InstanceTypeFacts {
  const fits = [...INSTANCE_TYPES.values()].filter((type) => type.name.startsWith('m6i.') && type.vcpus >= vcpus && type.memoryMib >= memoryMib);
  return fits[0] ?? INSTANCE_TYPES.get('m6i.24xlarge') as InstanceTypeFacts;
}
