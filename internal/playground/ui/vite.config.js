import { defineConfig } from 'vite';

export default defineConfig({
  base: './', // the page may be mounted under any path
  worker: { format: 'es' },
  build: {
    target: 'es2022',
    outDir: '../dist',
    emptyOutDir: true,
    license: { fileName: 'licenses.md' },
    chunkSizeWarningLimit: 5000, // Monaco is large
    rolldownOptions: {
      // "use client" says nothing in a page without a server side.
      onwarn: (warning, warn) => warning.code === 'MODULE_LEVEL_DIRECTIVE' || warn(warning),
    },
  },
});
