// Stands in for import.meta.url, which a CommonJS bundle does not have; only in the bundles that ask for it.
import { pathToFileURL } from 'node:url';

export const bundleUrl = /* @__PURE__ */ (() => pathToFileURL(__filename).href)();
