ALTER TABLE `sync` ADD `unread_json` text DEFAULT '[]' NOT NULL;--> statement-breakpoint
ALTER TABLE `sync` ADD `members_unread` integer DEFAULT false NOT NULL;