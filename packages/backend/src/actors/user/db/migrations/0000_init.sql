CREATE TABLE `access` (
	`id` integer PRIMARY KEY NOT NULL,
	`generation` integer NOT NULL,
	`is_running` integer NOT NULL,
	`again` integer NOT NULL,
	`read_at_ms` integer,
	`problem` text,
	CONSTRAINT "access_singleton" CHECK("access"."id" = 1)
);
--> statement-breakpoint
CREATE TABLE `access_organizations` (
	`id` text PRIMARY KEY NOT NULL,
	`organization_json` text NOT NULL,
	`published_json` text,
	`generation` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `access_repositories` (
	`id` text PRIMARY KEY NOT NULL,
	`organization_id` text NOT NULL,
	`generation` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `preferences` (
	`id` integer PRIMARY KEY NOT NULL,
	`default_model_id` text,
	CONSTRAINT "preferences_singleton" CHECK("preferences"."id" = 1)
);
--> statement-breakpoint
CREATE TABLE `task_states` (
	`task_id` text PRIMARY KEY NOT NULL,
	`organization_id` text NOT NULL,
	`active_session_id` text,
	`last_read_version` integer NOT NULL,
	`marked_unread` integer NOT NULL,
	`draft` text NOT NULL,
	`updated_at_ms` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `auth_account` (
	`id` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`provider_id` text NOT NULL,
	`account_id` text NOT NULL,
	`access_token` text,
	`refresh_token` text,
	`access_token_expires_at` text,
	`refresh_token_expires_at` text,
	`scope` text,
	`created_at` text NOT NULL,
	`updated_at` text NOT NULL,
	`extra` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `auth_account_provider` ON `auth_account` (`provider_id`,`account_id`);--> statement-breakpoint
CREATE TABLE `auth_lease` (
	`name` text PRIMARY KEY NOT NULL,
	`holder` text NOT NULL,
	`expires_at_ms` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `auth_session` (
	`id` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`token_hash` text NOT NULL,
	`token_sealed` text NOT NULL,
	`expires_at` text NOT NULL,
	`ip_address` text,
	`user_agent` text,
	`created_at` text NOT NULL,
	`updated_at` text NOT NULL,
	`extra` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `auth_session_token_hash_unique` ON `auth_session` (`token_hash`);--> statement-breakpoint
CREATE TABLE `auth_user` (
	`singleton` integer PRIMARY KEY DEFAULT 1 NOT NULL,
	`id` text NOT NULL,
	`name` text NOT NULL,
	`email` text NOT NULL,
	`email_verified` integer NOT NULL,
	`image` text,
	`github_id` text,
	`login` text,
	`created_at` text NOT NULL,
	`updated_at` text NOT NULL,
	`extra` text NOT NULL,
	CONSTRAINT "auth_user_singleton" CHECK("auth_user"."singleton" = 1)
);
--> statement-breakpoint
CREATE UNIQUE INDEX `auth_user_id_unique` ON `auth_user` (`id`);--> statement-breakpoint
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
