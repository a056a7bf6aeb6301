/*
 * RivetKit reads LOG_LEVEL when it is imported and logs by itself, in a form of its own: at `info` tens of thousands of
 * lines an hour beside Foundry's. LOG_LEVEL is Foundry's; RIVET_LOG_LEVEL is for whoever looks into RivetKit. Import it
 * before anything that imports RivetKit.
 */
process.env['RIVET_LOG_LEVEL'] ??= 'warn';
