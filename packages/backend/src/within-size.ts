/** As many of the first ones as fit into `maxSizeBytes` as JSON: an answer above the transport's 1 MiB reaches nobody. */
export function withinSize<T>(items: readonly T[], maxSizeBytes: number): T[] {
  let sizeBytes = 0;
  const end = items.findIndex((item) => {
    sizeBytes += Buffer.byteLength(JSON.stringify(item)) + 1;
    return sizeBytes > maxSizeBytes;
  });
  return items.slice(0, end === -1 ? items.length : end);
}
