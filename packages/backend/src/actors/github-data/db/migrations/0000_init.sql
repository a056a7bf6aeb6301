CREATE TABLE `installation` (
	`id` integer PRIMARY KEY NOT NULL,
	`organization_json` text NOT NULL,
	`installation_id` text NOT NULL,
	`status` text NOT NULL,
	`tick` integer NOT NULL,
	`deliveries_checked_at_ms` integer NOT NULL,
	CONSTRAINT "installation_singleton" CHECK("installation"."id" = 1)
);
--> statement-breakpoint
CREATE TABLE `members` (
	`github_id` text PRIMARY KEY NOT NULL,
	`generation` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `pending_reads` (
	`key` text PRIMARY KEY NOT NULL,
	`at_ms` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `pull_requests` (
	`repository_id` integer NOT NULL,
	`number` integer NOT NULL,
	`head_sha` text NOT NULL,
	`generation` integer NOT NULL,
	PRIMARY KEY(`repository_id`, `number`)
);
--> statement-breakpoint
CREATE INDEX `pull_requests_head_sha` ON `pull_requests` (`head_sha`);--> statement-breakpoint
CREATE TABLE `replies` (
	`key` text PRIMARY KEY NOT NULL,
	`etag` text,
	`body_json` text NOT NULL,
	`next` text,
	`used_at_ms` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `replies_used_at` ON `replies` (`used_at_ms`);--> statement-breakpoint
CREATE TABLE `repositories` (
	`id` integer PRIMARY KEY NOT NULL,
	`full_name` text NOT NULL,
	`generation` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `sync` (
	`id` integer PRIMARY KEY NOT NULL,
	`generation` integer NOT NULL,
	`state` text NOT NULL,
	`phase` text,
	`done` integer NOT NULL,
	`total` integer,
	`started_at_ms` integer NOT NULL,
	`finished_at_ms` integer,
	`progress_at_ms` integer NOT NULL,
	`retry_at_ms` integer,
	`failure_json` text,
	`failed_attempts` integer NOT NULL,
	`again` integer NOT NULL,
	CONSTRAINT "sync_singleton" CHECK("sync"."id" = 1)
);
--> statement-breakpoint
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
