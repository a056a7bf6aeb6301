CREATE TABLE `tasks` (
	`id` text PRIMARY KEY NOT NULL,
	`title` text NOT NULL,
	`branch` text NOT NULL,
	`state` text NOT NULL,
	`updated_at_ms` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `tasks_updated_at` ON `tasks` (`updated_at_ms`);--> statement-breakpoint
CREATE TABLE `command_steps` (
	`command_id` text NOT NULL,
	`step` text NOT NULL,
	`state` text NOT NULL,
	`result_json` text,
	`at_ms` integer NOT NULL,
	PRIMARY KEY(`command_id`, `step`)
);
--> statement-breakpoint
CREATE INDEX `command_steps_at` ON `command_steps` (`at_ms`);--> statement-breakpoint
CREATE TABLE `commands` (
	`command_id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`status` text NOT NULL,
	`result_json` text,
	`failure_json` text,
	`by_json` text NOT NULL,
	`caused_by` text,
	`sent_at_ms` integer NOT NULL,
	`finished_at_ms` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `commands_finished_at` ON `commands` (`finished_at_ms`);--> statement-breakpoint
CREATE TABLE `outbox` (
	`sequence` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`id` text NOT NULL,
	`target_kind` text NOT NULL,
	`target_key_json` text NOT NULL,
	`command` text NOT NULL,
	`body_json` text NOT NULL,
	`envelope_json` text NOT NULL,
	`attempts` integer DEFAULT 0 NOT NULL,
	`last_error` text,
	`not_before_ms` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `outbox_id_unique` ON `outbox` (`id`);--> statement-breakpoint
CREATE INDEX `outbox_not_before` ON `outbox` (`not_before_ms`);--> statement-breakpoint
CREATE TABLE `topic_changes` (
	`version` integer PRIMARY KEY NOT NULL,
	`change_json` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `topic_version` (
	`id` integer PRIMARY KEY NOT NULL,
	`version` integer NOT NULL
);
