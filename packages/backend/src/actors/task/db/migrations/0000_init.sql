CREATE TABLE `sessions` (
	`sequence` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`session_id` text NOT NULL,
	`session_json` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `sessions_session_id_unique` ON `sessions` (`session_id`);--> statement-breakpoint
CREATE TABLE `task` (
	`id` integer PRIMARY KEY NOT NULL,
	`task_id` text NOT NULL,
	`organization_id` text NOT NULL,
	`repository_json` text NOT NULL,
	`title` text NOT NULL,
	`branch` text NOT NULL,
	`base_branch` text NOT NULL,
	`source` text NOT NULL,
	`status_json` text NOT NULL,
	`pull_request_json` text,
	`activity` text NOT NULL,
	`owner_json` text,
	`primary_user_login` text,
	`primary_user_avatar_url` text,
	`content_version` integer NOT NULL,
	`initialized` integer NOT NULL,
	`provider_id` text NOT NULL,
	`sandbox_generation` integer NOT NULL,
	`sandbox_json` text,
	`checkout_path` text,
	`changes_json` text NOT NULL,
	`publish_json` text NOT NULL,
	`publish_wish_json` text,
	`pending_head_sha` text,
	`created_at_ms` integer NOT NULL,
	`updated_at_ms` integer NOT NULL,
	CONSTRAINT "task_singleton" CHECK("task"."id" = 1)
);
--> statement-breakpoint
CREATE TABLE `turns` (
	`sequence` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`message_id` text NOT NULL,
	`session_id` text NOT NULL,
	`author_json` text NOT NULL,
	`state` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `turns_message_id_unique` ON `turns` (`message_id`);--> statement-breakpoint
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
