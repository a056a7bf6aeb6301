const dayMs = 86_400_000;

/** When to remind of an unpaid invoice: 3, 10 and 20 days after it was due. */
export const reminderDays = [3, 10, 20];

/** How many reminders should have been sent by now. */
export function remindersDue(invoice, now) {
  if (invoice.paidAt !== undefined) return 0;
  const daysLate = Math.floor((now.getTime() - invoice.dueAt.getTime()) / dayMs);
  return reminderDays.filter((days) => daysLate >= days).length;
}
