CREATE TABLE `items` (
	`sequence` integer PRIMARY KEY NOT NULL,
	`at_ms` integer NOT NULL,
	`message_id` text,
	`kind` text NOT NULL,
	`reference` text,
	`body_json` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `items_message_kind` ON `items` (`message_id`,`kind`,`reference`);--> statement-breakpoint
CREATE TABLE `messages` (
	`message_id` text PRIMARY KEY NOT NULL,
	`text` text NOT NULL,
	`author_json` text NOT NULL,
	`state` text NOT NULL,
	`position` integer NOT NULL,
	`attempt` integer NOT NULL,
	`failure_json` text,
	`accepted_at_ms` integer NOT NULL,
	`delivered_at_ms` integer,
	`working_at_ms` integer,
	`finished_at_ms` integer
);
--> statement-breakpoint
CREATE INDEX `messages_state_position` ON `messages` (`state`,`position`);--> statement-breakpoint
CREATE TABLE `session` (
	`id` integer PRIMARY KEY NOT NULL,
	`session_id` text NOT NULL,
	`task_id` text NOT NULL,
	`repository_id` text NOT NULL,
	`title` text NOT NULL,
	`agent_id` text NOT NULL,
	`model_id` text,
	`models_json` text NOT NULL,
	`status` text NOT NULL,
	`announced_status` text NOT NULL,
	`requested_message_id` text,
	`turn_message_id` text,
	`turn_attempt` integer NOT NULL,
	`turn_sandbox_id` text,
	`stream_epoch` integer NOT NULL,
	`last_stream_id` integer NOT NULL,
	`created_at_ms` integer NOT NULL,
	`updated_at_ms` integer NOT NULL,
	CONSTRAINT "session_singleton" CHECK("session"."id" = 1)
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
