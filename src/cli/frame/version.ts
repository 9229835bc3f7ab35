/** The version of this product, put in by the bundler. */
declare const PROCESS_CONTROL_VERSION: string | undefined;

export const version = typeof PROCESS_CONTROL_VERSION === 'string' ? PROCESS_CONTROL_VERSION : '(not built)';
