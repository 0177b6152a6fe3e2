import { defineConfig } from 'vitest/config';

export default defineConfig({
  // The first cluster of a kind takes a minute, the images before it some minutes.
  test: { testTimeout: 60_000, hookTimeout: 600_000 },
});
