CREATE TABLE `agent` (
	`id` integer PRIMARY KEY NOT NULL,
	`sandbox_id` text NOT NULL,
	`agent_session_id` text NOT NULL,
	`epoch` integer NOT NULL,
	`last_event_id` integer NOT NULL,
	`models_json` text NOT NULL,
	`current_model_id` text,
	`model_config_id` text,
	`exited` integer NOT NULL,
	CONSTRAINT "agent_singleton" CHECK("agent"."id" = 1)
);
--> statement-breakpoint
CREATE TABLE `turn` (
	`id` integer PRIMARY KEY NOT NULL,
	`message_id` text NOT NULL,
	`attempt` integer NOT NULL,
	`provider_id` text NOT NULL,
	`sandbox_id` text NOT NULL,
	`checkout_path` text NOT NULL,
	`agent_id` text NOT NULL,
	`text` text NOT NULL,
	`model_id` text,
	`by_json` text NOT NULL,
	`state` text NOT NULL,
	`since_event_id` integer NOT NULL,
	`cancel_requested` integer NOT NULL,
	`abandon_message` text,
	CONSTRAINT "turn_singleton" CHECK("turn"."id" = 1)
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
