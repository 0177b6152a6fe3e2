import { execa } from 'execa';

/** Lines of what Docker's own client says, sorted. */
export async function list(...args: string[]): Promise<string[]> {
  const { stdout } = await execa('docker', args);
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .sort();
}

/** Images without a name, and volumes that no container has. */
export async function unused(): Promise<string[]> {
  const [images, volumes] = await Promise.all([
    list('images', '--filter', 'dangling=true', '--quiet', '--no-trunc'),
    list('volume', 'ls', '--filter', 'dangling=true', '--format', '{{.Name}}'),
  ]);
  return [...images, ...volumes];
}
