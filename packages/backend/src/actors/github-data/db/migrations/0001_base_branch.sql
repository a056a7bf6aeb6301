ALTER TABLE `pull_requests` ADD `base_branch` text DEFAULT '' NOT NULL;--> statement-breakpoint
CREATE INDEX `pull_requests_base_branch` ON `pull_requests` (`repository_id`,`base_branch`);