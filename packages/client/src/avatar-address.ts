/** Where a browser gets a picture of GitHub from: the gateway hands it out, so that GitHub need not be reached. */
export function avatarAddress(url: string): string {
  return `/api/v1/avatars?url=${encodeURIComponent(url)}`;
}
