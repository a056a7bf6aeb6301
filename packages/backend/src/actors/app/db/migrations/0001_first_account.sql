CREATE TABLE `first_account` (
	`id` integer PRIMARY KEY NOT NULL,
	`account_id` text NOT NULL,
	`login` text NOT NULL,
	`at_ms` integer NOT NULL,
	CONSTRAINT "first_account_singleton" CHECK("first_account"."id" = 1)
);
