/** Whether two IPv4 networks in CIDR notation share an address. */
export function overlap(a: string, b: string): boolean {
  const [one, two] = [range(a), range(b)];
  return one.first <= two.last && two.first <= one.last;
}

export function contains(cidr: string, address: string): boolean {
  const { first, last } = range(cidr);
  const at = toNumber(address);
  return first <= at && at <= last;
}

function range(cidr: string): { readonly first: number; readonly last: number } {
  const [address = '', bits = '32'] = cidr.split('/');
  const size = 2 ** (32 - Number(bits));
  const first = Math.floor(toNumber(address) / size) * size;
  return { first, last: first + size - 1 };
}

function toNumber(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}
