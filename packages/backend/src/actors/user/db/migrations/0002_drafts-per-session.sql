CREATE TABLE `drafts` (
	`task_id` text NOT NULL,
	`session_id` text NOT NULL,
	`organization_id` text NOT NULL,
	`text` text NOT NULL,
	`saved_at_ms` integer NOT NULL,
	`writer` text NOT NULL,
	PRIMARY KEY(`task_id`, `session_id`)
);
--> statement-breakpoint
INSERT INTO `drafts` SELECT `task_id`, coalesce(`active_session_id`, ''), `organization_id`, `draft`, `updated_at_ms`, 'before' FROM `task_states` WHERE `draft` <> '';
--> statement-breakpoint
ALTER TABLE `task_states` DROP COLUMN `draft`;