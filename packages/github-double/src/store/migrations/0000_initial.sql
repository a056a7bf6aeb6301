CREATE TABLE `accounts` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`login` text NOT NULL,
	`type` text NOT NULL,
	`name` text NOT NULL,
	`email` text NOT NULL,
	`description` text DEFAULT '' NOT NULL,
	`created_at` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `accounts_login` ON `accounts` (lower("login"));--> statement-breakpoint
CREATE TABLE `apps` (
	`id` integer PRIMARY KEY NOT NULL,
	`slug` text NOT NULL,
	`name` text NOT NULL,
	`owner_id` integer NOT NULL,
	`client_id` text NOT NULL,
	`client_secret` text NOT NULL,
	`public_key_pem` text NOT NULL,
	`webhook_url` text,
	`webhook_secret` text NOT NULL,
	`setup_url` text,
	`callback_urls` text NOT NULL,
	`permissions` text NOT NULL,
	`events` text NOT NULL,
	`created_at` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `apps_slug_unique` ON `apps` (`slug`);--> statement-breakpoint
CREATE UNIQUE INDEX `apps_client_id_unique` ON `apps` (`client_id`);--> statement-breakpoint
CREATE TABLE `check_runs` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`check_suite_id` integer NOT NULL,
	`repository_id` integer NOT NULL,
	`head_sha` text NOT NULL,
	`name` text NOT NULL,
	`status` text NOT NULL,
	`conclusion` text,
	`title` text,
	`summary` text,
	`started_at` text NOT NULL,
	`completed_at` text
);
--> statement-breakpoint
CREATE INDEX `check_runs_sha` ON `check_runs` (`repository_id`,`head_sha`);--> statement-breakpoint
CREATE TABLE `check_suites` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`repository_id` integer NOT NULL,
	`head_sha` text NOT NULL,
	`head_branch` text NOT NULL,
	`status` text NOT NULL,
	`conclusion` text,
	`created_at` text NOT NULL,
	`updated_at` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `check_suites_sha` ON `check_suites` (`repository_id`,`head_sha`);--> statement-breakpoint
CREATE TABLE `collaborators` (
	`repository_id` integer NOT NULL,
	`user_id` integer NOT NULL,
	`permission` text NOT NULL,
	PRIMARY KEY(`repository_id`, `user_id`)
);
--> statement-breakpoint
CREATE TABLE `deliveries` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`guid` text NOT NULL,
	`app_id` integer NOT NULL,
	`event` text NOT NULL,
	`action` text,
	`installation_id` integer,
	`repository_id` integer,
	`redelivery` integer NOT NULL,
	`payload` text NOT NULL,
	`state` text NOT NULL,
	`url` text,
	`status` text DEFAULT '' NOT NULL,
	`status_code` integer DEFAULT 0 NOT NULL,
	`duration_milliseconds` integer DEFAULT 0 NOT NULL,
	`request_headers` text,
	`response_headers` text,
	`response_body` text,
	`created_at` text NOT NULL,
	`delivered_at` text
);
--> statement-breakpoint
CREATE INDEX `deliveries_state` ON `deliveries` (`state`);--> statement-breakpoint
CREATE INDEX `deliveries_guid` ON `deliveries` (`guid`);--> statement-breakpoint
CREATE TABLE `git_refs` (
	`repository_id` integer NOT NULL,
	`name` text NOT NULL,
	`sha` text NOT NULL,
	PRIMARY KEY(`repository_id`, `name`)
);
--> statement-breakpoint
CREATE TABLE `installation_repositories` (
	`installation_id` integer NOT NULL,
	`repository_id` integer NOT NULL,
	PRIMARY KEY(`installation_id`, `repository_id`)
);
--> statement-breakpoint
CREATE TABLE `installations` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`app_id` integer NOT NULL,
	`account_id` integer NOT NULL,
	`repository_selection` text NOT NULL,
	`suspended_at` text,
	`suspended_by_id` integer,
	`created_at` text NOT NULL,
	`updated_at` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `installations_app_account` ON `installations` (`app_id`,`account_id`);--> statement-breakpoint
CREATE TABLE `issue_comments` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`pull_request_id` integer NOT NULL,
	`user_id` integer NOT NULL,
	`body` text NOT NULL,
	`created_at` text NOT NULL,
	`updated_at` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `issue_comments_pull_request` ON `issue_comments` (`pull_request_id`);--> statement-breakpoint
CREATE TABLE `manifest_codes` (
	`code` text PRIMARY KEY NOT NULL,
	`app_id` integer NOT NULL,
	`private_key_pem` text NOT NULL,
	`expires_at` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `meta` (
	`id` integer PRIMARY KEY NOT NULL,
	`seed` text NOT NULL,
	`created_at` text NOT NULL,
	CONSTRAINT "meta_singleton" CHECK("meta"."id" = 1)
);
--> statement-breakpoint
CREATE TABLE `oauth_codes` (
	`code` text PRIMARY KEY NOT NULL,
	`app_id` integer NOT NULL,
	`user_id` integer NOT NULL,
	`redirect_uri` text NOT NULL,
	`code_challenge` text,
	`expires_at` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `organization_members` (
	`organization_id` integer NOT NULL,
	`user_id` integer NOT NULL,
	`role` text NOT NULL,
	PRIMARY KEY(`organization_id`, `user_id`)
);
--> statement-breakpoint
CREATE TABLE `pull_facts` (
	`repository_id` integer NOT NULL,
	`base_sha` text NOT NULL,
	`head_sha` text NOT NULL,
	`mergeable` integer NOT NULL,
	`commits` integer NOT NULL,
	`additions` integer NOT NULL,
	`deletions` integer NOT NULL,
	`changed_files` integer NOT NULL,
	PRIMARY KEY(`repository_id`, `base_sha`, `head_sha`)
);
--> statement-breakpoint
CREATE TABLE `pull_requests` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`repository_id` integer NOT NULL,
	`number` integer NOT NULL,
	`title` text NOT NULL,
	`body` text,
	`state` text NOT NULL,
	`draft` integer NOT NULL,
	`merged` integer DEFAULT false NOT NULL,
	`author_id` integer NOT NULL,
	`head_ref` text NOT NULL,
	`head_sha` text NOT NULL,
	`base_ref` text NOT NULL,
	`base_sha` text NOT NULL,
	`merge_commit_sha` text,
	`merged_by_id` integer,
	`merged_at` text,
	`closed_at` text,
	`created_at` text NOT NULL,
	`updated_at` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `pull_requests_number` ON `pull_requests` (`repository_id`,`number`);--> statement-breakpoint
CREATE INDEX `pull_requests_head` ON `pull_requests` (`repository_id`,`head_ref`);--> statement-breakpoint
CREATE TABLE `repositories` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`owner_id` integer NOT NULL,
	`name` text NOT NULL,
	`folder` text NOT NULL,
	`private` integer NOT NULL,
	`archived` integer DEFAULT false NOT NULL,
	`description` text DEFAULT '' NOT NULL,
	`default_branch` text DEFAULT 'main' NOT NULL,
	`language` text,
	`created_at` text NOT NULL,
	`updated_at` text NOT NULL,
	`pushed_at` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `repositories_owner_name` ON `repositories` (`owner_id`,lower("name"));--> statement-breakpoint
CREATE TABLE `repository_aliases` (
	`owner_id` integer NOT NULL,
	`name` text NOT NULL,
	`repository_id` integer NOT NULL,
	PRIMARY KEY(`owner_id`, `name`)
);
--> statement-breakpoint
CREATE TABLE `review_requests` (
	`pull_request_id` integer NOT NULL,
	`user_id` integer NOT NULL,
	PRIMARY KEY(`pull_request_id`, `user_id`)
);
--> statement-breakpoint
CREATE TABLE `reviews` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`pull_request_id` integer NOT NULL,
	`user_id` integer NOT NULL,
	`state` text NOT NULL,
	`body` text NOT NULL,
	`commit_id` text NOT NULL,
	`submitted_at` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `reviews_pull_request` ON `reviews` (`pull_request_id`);--> statement-breakpoint
CREATE TABLE `tokens` (
	`token` text PRIMARY KEY NOT NULL,
	`kind` text NOT NULL,
	`app_id` integer,
	`user_id` integer,
	`installation_id` integer,
	`permissions` text,
	`repository_ids` text,
	`grant_id` text,
	`expires_at` text
);
