/** What the codes of a failed sign-in mean, for people. */
export function signInErrorText(code: string): string {
  switch (code) {
    case 'access_denied':
      return 'GitHub says that access was not granted. Continue again and allow it to sign in.';
    case 'state_mismatch':
    case 'state_not_found':
    case 'please_restart_the_process':
      return 'The sign-in took too long or was begun in another window. Start again from here.';
    case 'account_not_allowed':
      return 'This server is for other GitHub accounts. Ask whoever runs it to admit you or your organization. If your organization is admitted but the GitHub App is not installed on it yet, install it first and sign in again.';
    case 'email_not_found':
      return 'GitHub did not share an e-mail address. Check the permissions of the GitHub App, then try again.';
    default:
      return `GitHub or this server could not finish the sign-in (${code.slice(0, 80)}). Try again; if it stays, ask whoever runs this server to look at its log.`;
  }
}
