// Replaces import.meta.url, which a CommonJS bundle does not have, in the bundles that use it.
import { pathToFileURL } from 'node:url';

export const bundleUrl = /* @__PURE__ */ (() => pathToFileURL(__filename).href)();
