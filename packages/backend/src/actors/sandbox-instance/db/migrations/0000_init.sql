CREATE TABLE `jobs` (
	`sequence` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`job_id` text NOT NULL,
	`job_json` text NOT NULL,
	`attempt` integer NOT NULL,
	`by_json` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `jobs_job_id_unique` ON `jobs` (`job_id`);--> statement-breakpoint
CREATE TABLE `sandbox` (
	`id` integer PRIMARY KEY NOT NULL,
	`provider_id` text NOT NULL,
	`sandbox_id` text NOT NULL,
	`task_id` text NOT NULL,
	`repository_id` text NOT NULL,
	`repository_full_name` text NOT NULL,
	`branch` text NOT NULL,
	`base_branch` text NOT NULL,
	`person_json` text NOT NULL,
	`state` text NOT NULL,
	`phase` text NOT NULL,
	`message` text,
	`attempt` integer NOT NULL,
	`deadline_ms` integer NOT NULL,
	`checkout_path` text,
	`created_at_ms` integer NOT NULL,
	CONSTRAINT "sandbox_singleton" CHECK("sandbox"."id" = 1)
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
