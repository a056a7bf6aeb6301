CREATE TABLE `audit_entries` (
	`sequence` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`id` text NOT NULL,
	`at_ms` integer NOT NULL,
	`action` text NOT NULL,
	`by_json` text NOT NULL,
	`caused_by` text,
	`subject` text NOT NULL,
	`summary` text NOT NULL,
	`repository_id` text
);
--> statement-breakpoint
CREATE UNIQUE INDEX `audit_entries_id_unique` ON `audit_entries` (`id`);--> statement-breakpoint
CREATE INDEX `audit_entries_repository` ON `audit_entries` (`repository_id`);