CREATE TABLE `members` (
	`github_id` text PRIMARY KEY NOT NULL,
	`login` text NOT NULL,
	`avatar_url` text,
	`role` text NOT NULL,
	`generation` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `organization` (
	`id` integer PRIMARY KEY NOT NULL,
	`organization_id` text NOT NULL,
	`login` text NOT NULL,
	`kind` text NOT NULL,
	`name` text,
	`avatar_url` text,
	`installation_id` text,
	`installation_status` text,
	CONSTRAINT "organization_singleton" CHECK("organization"."id" = 1)
);
--> statement-breakpoint
CREATE TABLE `repositories` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`full_name` text NOT NULL,
	`private` integer NOT NULL,
	`archived` integer NOT NULL,
	`description` text,
	`default_branch` text NOT NULL,
	`html_url` text NOT NULL,
	`pushed_at_ms` integer,
	`generation` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `runtime_issues` (
	`id` text PRIMARY KEY NOT NULL,
	`actor` text NOT NULL,
	`command` text,
	`step` text,
	`attempt` integer,
	`message` text NOT NULL,
	`count` integer NOT NULL,
	`first_at_ms` integer NOT NULL,
	`last_at_ms` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `sync_progress` (
	`id` integer PRIMARY KEY NOT NULL,
	`progress_json` text NOT NULL,
	CONSTRAINT "sync_progress_singleton" CHECK("sync_progress"."id" = 1)
);
--> statement-breakpoint
CREATE TABLE `tasks` (
	`id` text PRIMARY KEY NOT NULL,
	`repository_id` text NOT NULL,
	`branch` text NOT NULL,
	`title` text NOT NULL,
	`base_branch` text NOT NULL,
	`source` text NOT NULL,
	`status_json` text NOT NULL,
	`activity` text NOT NULL,
	`primary_user_login` text,
	`primary_user_avatar_url` text,
	`content_version` integer NOT NULL,
	`created_at_ms` integer NOT NULL,
	`updated_at_ms` integer NOT NULL,
	`materialised` integer NOT NULL,
	`generation` integer NOT NULL,
	`pull_request_json` text,
	`pull_request_number` integer,
	`pull_request_state` text,
	`pull_request_updated_at_ms` integer,
	`head_sha` text,
	`checks_json` text,
	`review_decision` text
);
--> statement-breakpoint
CREATE UNIQUE INDEX `tasks_branch` ON `tasks` (`repository_id`,`branch`);--> statement-breakpoint
CREATE INDEX `tasks_updated_at` ON `tasks` (`updated_at_ms`,`id`);--> statement-breakpoint
CREATE INDEX `tasks_head_sha` ON `tasks` (`head_sha`);--> statement-breakpoint
CREATE INDEX `tasks_pull_request` ON `tasks` (`repository_id`,`pull_request_number`);--> statement-breakpoint
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
