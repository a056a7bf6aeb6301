/**
 * Every bound of the backend in one place (R13): queue sizes, batch sizes, parallel reads, pages, retries.
 * A number belongs here when changing it changes what the system promises under load or failure.
 * Times end in `Ms`, sizes in `Bytes`.
 */
export const engineLimits = {
  /** How long a fresh or adopted engine may take until it answers a real request. */
  readyTimeoutMs: 30_000,
  /** How long an engine that an earlier run left behind may take to answer before it is ended. */
  adoptTimeoutMs: 5_000,
  /** How long the ports of an engine that just died may stay taken. */
  portReleaseMs: 2_000,
  /** Poll while waiting for readiness: a restart must not cost more than the engine itself does. */
  readyPollMs: 25,
  /** First restart is immediate; then the delay doubles from here … */
  restartInitialDelayMs: 100,
  /** … up to here: everything has to answer again within 10 s of an engine's death. */
  restartMaxDelayMs: 5_000,
  /** An engine that lived this long counts as healthy: the next restart is immediate again. */
  restartResetAfterMs: 10_000,
  /** How often a living engine is asked whether it still answers. */
  healthIntervalMs: 2_000,
  /** How long one health answer may take. */
  healthTimeoutMs: 5_000,
  /** Consecutive unanswered health checks after which a hung engine is killed and restarted. */
  healthFailuresUntilKill: 6,
  /** How often the existence of an adopted engine (not our child, so no exit event) is checked. */
  adoptedPollMs: 200,
  /** How long the engine may take to say to whom a new actor's key leads; RivetKit waits 5 s. */
  ownKeyTimeoutMs: 4_000,
  /** Time between SIGTERM and SIGKILL. */
  stopTimeoutMs: 10_000,
  /** The engine's log file is moved aside at this size. One old file is kept. */
  logMaxSizeBytes: 20 * 1024 * 1024,
  logCheckIntervalMs: 60_000,
  /** How long the engine waits for a backend that may be dead. */
  patience: {
    /**
     * By default 15 s. Not less than this: after the death of the engine itself, its backend needs up to 4 s on a busy
     * machine until it is connected again. A backend that is away for longer stops its actors, and those wait half a
     * minute for the locks of the dead engine.
     */
    backendLostMs: 5_000,
    /** Not less: an actor that is only slow is started a second time then, and the second one never gets its messages. */
    actorStartMs: 30_000,
    /**
     * By default half an hour, in which an actor whose backend died while it was going to sleep could not be woken. More
     * than the 15 s that RivetKit gives an actor to stop.
     */
    actorStopMs: 30_000,
  },
  /** What an actor takes as one call; an organization's first page and a long message have to fit. RivetKit's own is 64 KiB. */
  messageSizeBytes: 1024 * 1024,
  /** How often new sockets to the engine are looked for (they appear after every reconnect). */
  tcpNoDelayIntervalMs: 1_000,
} as const;

export const processLimits = {
  /** An error of a process is reported to at most this many organizations. */
  organizationsToldOfErrors: 50,
  /** Organizations whose actors are woken when a backend starts; others wake when somebody comes. */
  organizationsWokenAtStart: 100,
  parallelWakes: 8,
  wakeTimeoutMs: 20_000,
  wakeAttempts: 3,
  wakeRetryMs: 500,
  /** How long the backend may take to drain actors and connections after SIGTERM. */
  shutdownTimeoutMs: 15_000,
  /** Part of it that actors get to save and stop. */
  actorDrainTimeoutMs: 5_000,
  /** Another part: how long the connections to actors may take to say goodbye. */
  connectionFarewellMs: 2_000,
  /** Errors nobody caught: more than this many within the window end the process, so that it starts afresh. */
  uncaughtErrorsUntilExit: 20,
  uncaughtErrorsWindowMs: 60_000,
} as const;

export const authLimits = {
  /** Better Auth's signed cookie answers for this long without asking the store. Rule: 60 s at most. */
  cookieCacheMs: 60_000,
  /** Ended sessions are remembered longer than any cookie cache may live. */
  endedSessionRetentionMs: 120_000,
  endedSessionsMax: 20_000,
  /** A session lives this long after its last use … */
  sessionLifetimeMs: 14 * 24 * 60 * 60 * 1000,
  /** … and its expiry is moved at most this often. */
  sessionUpdateIntervalMs: 24 * 60 * 60 * 1000,
  /** The oldest sessions of a person give way beyond this. */
  sessionsPerUser: 100,
  /** Expired rows are kept this long (a clock may be wrong), then swept in small batches by later writes. */
  expiredRetentionMs: 24 * 60 * 60 * 1000,
  sweepBatch: 100,
  /** A sign-in read or write is repeated (under one command id) this long, then it fails. Rule: 10 s at most. */
  storeTimeoutMs: 9_000,
  storeRetryMs: 100,
  /** An index entry without its row may belong to a write in progress until it is this old. */
  indexGraceMs: 60_000,
  /** A query that no index answers may look at this many users and this many rows, then it is refused. The rows fit into one answer of an actor. */
  scanUsers: 1_000,
  scanRows: 1_000,
  scanPage: 200,
  parallelUsers: 8,
  /** A GitHub token is renewed when it has less than this left. */
  tokenRenewalMarginMs: 5 * 60 * 1000,
  /** One process at a time renews; a crashed one gives way after this. Longer than `tokenRequestTimeoutMs`. */
  tokenLeaseMs: 10_000,
  tokenRequestTimeoutMs: 4_000,
  /** GitHub is asked which branches there are while a person waits for the new task. */
  branchesTimeoutMs: 8_000,
  /** Pages of branches whose names begin with a wanted name. */
  branchPages: 10,
  tokenWaitTimeoutMs: 4_500,
  tokenWaitPollMs: 100,
  /** Requests of GitHub's REST API during sign-in. */
  gitHubRequestTimeoutMs: 10_000,
  /** Pages of a person's installations that a sign-in looks through for an admitted account. */
  installationPages: 10,
} as const;

export const commandLimits = {
  /** Messages taken per iteration of a loop. */
  messagesPerIteration: 20,
  /** A loop that has not taken a message for so long is called once more; at work it may take longer, which does no harm. */
  queueCallAfterMs: 500,
  /** Commands in one bulk message. */
  commandsPerBulkMessage: 500,
  /** A queue holds at most this many messages; a sender is told when it is full. */
  maxQueueSize: 5_000,
  /** RivetKit's own ceiling is a little over 127 KiB. */
  maxQueueMessageSizeBytes: 127 * 1024,
  /** The outbox packs messages to one target up to this size. */
  bulkMessageSizeBytes: 100 * 1024,
  /** A step that is a transaction; an effect has the timeout of its command. */
  stepTimeoutMs: 15_000,
  /** A transaction within it, rolled back after this. */
  transactionTimeoutMs: 10_000,
  /** One delivery of the outbox, to all its targets. */
  deliveryTimeoutMs: 30_000,
  /** Retries of a step after its first attempt, for faults that may pass. */
  stepRetries: 2,
  stepRetryBackoffMs: 100,
  /** A command may wait for its result at most this long (R3). */
  maxWaitMs: 10_000,
  /** While messages are undelivered, the loop looks at the outbox at least this often. */
  outboxPollMs: 500,
  outboxRowsPerDelivery: 500,
  outboxParallelTargets: 8,
  outboxCallTimeoutMs: 2_500,
  /** Of one delivery; with all of them dead it still ends within the 5 s that a command may hold a loop. */
  outboxTargetsPerDelivery: 16,
  outboxInitialBackoffMs: 100,
  outboxMaxBackoffMs: 30_000,
  /** From here on a message counts as parked: a runtime issue says so, and tries become rare. */
  outboxParkAfterAttempts: 20,
  outboxParkedRetryMs: 5 * 60_000,
  /** Outcomes are kept this long, then pruned a few at a time by later commands. */
  outcomeRetentionMs: 24 * 60 * 60_000,
  outcomesPrunedPerCommand: 50,
  /** Changes kept for clients that missed some. */
  changesKept: 200,
  /** A change larger than this is not broadcast (the transport drops it silently): everybody reloads. */
  changeSizeBytes: 512 * 1024,
  /** A busy actor is woken again after this, should its process die. */
  watchdogMs: 5_000,
  /** Restarts of a loop after something outside a step threw. */
  restartInitialDelayMs: 100,
  restartMaxDelayMs: 5_000,
  restartResetAfterMs: 10_000,
  restartsUntilIssue: 3,
  /** An actor whose loop fails this often in a row (after some 6 s) is put to sleep, to be started anew. */
  restartsUntilSleep: 7,
  /** An actor whose storage is refused for this long, and this often, while others store: its process must be started anew. */
  storageLostAfterMs: 15_000,
  storageLostAfterRefusals: 3,
} as const;

export const connectionLimits = {
  /** A kept connection to an actor that nobody used for this long is closed, so that the actor may sleep. */
  idleMs: 20_000,
  callTimeoutMs: 8_000,
  /** A connection that is not open after this is given up; until then calls wait for it, whatever their own timeouts. */
  openTimeoutMs: 20_000,
  heartbeatMs: 3_000,
  heartbeatTimeoutMs: 4_000,
} as const;

export const auditLimits = { pageSize: 200 } as const;

export const gatewayLimits = {
  /** Bodies of the JSON API, and of sign-in. */
  bodySizeBytes: 1024 * 1024,
  /** GitHub sends at most this much. */
  webhookBodySizeBytes: 25 * 1024 * 1024,
  /** One attempt of a read or a command; a connection that died with a process is found out by it. */
  attemptTimeoutMs: 4_000,
  /** All attempts of one request together; then 503 with Retry-After. Less than what clients wait. */
  requestBudgetMs: 15_000,
  retryInitialBackoffMs: 100,
  retryMaxBackoffMs: 1_000,
  /** What an answer 503 asks its client to wait. */
  retryAfterMs: 2_000,
  /** An answer for which GitHub is asked: longer than `gitHubLimits.branchesTimeoutMs`. */
  gitHubReadTimeoutMs: 9_000,
  /** How long a create route waits for its record (R3). */
  createWaitMs: 10_000,
  /** One attempt of that. */
  createAttemptMs: 2_000,
  /** GitHub redelivers what is not answered in 10 s. */
  webhookBudgetMs: 8_000,
  /** A delivery that GitHub was told 503 for is tried this much longer, … */
  lateDeliveryBudgetMs: 60_000,
  /** … by at most this many at a time. */
  lateDeliveriesMax: 200,
  /** What a person may see is read again after this, whatever was broadcast. */
  accessMaxAgeMs: 30_000,
  /** GitHub is asked so often whether a person who is here still sees the same. Whoever lost something notices within a minute. */
  accessCheckIntervalMs: 25_000,
  /** How often it is looked for whom to ask about. */
  accessWatchMs: 5_000,
  parallelAccessChecks: 8,
  accessCheckTimeoutMs: 20_000,
  /** Access that was confirmed longer ago than this is confirmed before it is used … */
  accessTrustedMs: 45_000,
  /** … for which a request waits so long at most, */
  accessConfirmWaitMs: 4_000,
  /** and while GitHub does not answer, it counts for so long. */
  accessGreatestAgeMs: 15 * 60_000,
  /** A person whose access was never read waits this long for it. */
  accessFirstReadMs: 10_000,
  accessPollMs: 300,
  accessEntriesMax: 5_000,
  /** An actor that was just made may not know itself yet for this long. */
  newActorWaitMs: 5_000,
  newActorPollMs: 150,
  /** Of immutable facts: which repository a task belongs to, which task a session. */
  taskFactsMax: 50_000,
  /** Names of an organization's repositories, for finding them in texts. */
  repositoryNamesMaxAgeMs: 30_000,
  pageSize: 100,
  pageSizeMax: 200,
  /** Pages read for one answer when most of their items are hidden from the person. */
  pagesPerAnswer: 5,
  /** Requests per minute. Anonymous ones are counted by address, others by person. */
  requestsPerMinute: 1_200,
  anonymousRequestsPerMinute: 600,
  refusedWebhooksPerMinute: 120,
  rateLimitKeysMax: 20_000,
  /** Frames from a browser. */
  frameSizeBytes: 16 * 1024,
  framesPerSecond: 100,
  subscriptionsPerSocket: 200,
  /** How long a topic that cannot be read yet is tried before its browser is told. */
  topicStartBudgetMs: 20_000,
  socketsPerPerson: 50,
  /** A browser that does not read this much is closed; it comes back and asks for what it missed. */
  socketBufferBytes: 8 * 1024 * 1024,
  socketPingMs: 20_000,
  /** How often a socket's session is checked again; its cookie cache cannot be older. */
  socketSessionCheckMs: 60_000,
  /** An upstream connection that no browser needs stays open this long. */
  feedLingerMs: 10_000,
  feedReconnectInitialMs: 100,
  feedReconnectMaxMs: 2_000,
  /** Requests in flight may take this long to finish when the gateway stops. */
  drainTimeoutMs: 5_000,
  readinessTimeoutMs: 2_000,
} as const;

export const gitHubLimits = {
  /** GitHub's own maximum. */
  pageSize: 100,
  parallelRequests: 8,
  /** A step starts no further request after this, and leaves the rest to the next batch: below the 4.5 s of the command. */
  stepBudgetMs: 3_000,
  tokenRequestTimeoutMs: 4_000,
  /** GitHub is asked which branches there are while a person waits for the new task. */
  branchesTimeoutMs: 8_000,
  /** Pages of branches whose names begin with a wanted name. */
  branchPages: 10,
  /** Asked to wait without a time: this long. */
  defaultRetryAfterMs: 60_000,
  /** Clocks differ: this much later than GitHub said. */
  rateLimitMarginMs: 500,
  /** Pages of pull requests read by one batch of a sync, each of another repository as a rule. */
  pagesPerBatch: 16,
  /** Pull requests whose checks, reviews and mergeability one batch reads (three requests each). */
  checksPerBatch: 40,
  /** One message to the organization stays below the queue's limit. */
  messageSizeBytes: 80 * 1024,
  rowsPerMessage: 200,
  /** What may pass is tried again with doubling delays: from the first one to the longest, and then at that pace. */
  retryInitialDelayMs: 1_000,
  retryMaxDelayMs: 5 * 60_000,
  /** A sync that GitHub refused is tried again at this pace: somebody may have mended the App's settings. */
  refusedRetryDelayMs: 5 * 60_000,
  /** What failed so often while GitHub answers otherwise is left out of a sync, and said. */
  attemptsBeforeLeftOut: 3,
  /** A sync that left something out is followed by another after this. */
  unreadRetryDelayMs: 10 * 60_000,
  /** Of what was left out, so much is named. */
  unreadNamed: 50,
  /** A single read (checks, reviews) that GitHub never answered is given up after this: the next sync brings it. */
  singleReadGiveUpMs: 60 * 60_000,
  /** An access refresh that failed for a reason that may pass is tried again this often. */
  accessRetries: 6,
  /** A running sync without progress for this long is taken for dead: a new one may start. */
  syncStaleMs: 10 * 60_000,
  /** Conditional requests make it cheap: unchanged pages cost nothing. */
  resyncIntervalMs: 6 * 60 * 60_000,
  repairIntervalMs: 5 * 60_000,
  deliveryPagesPerRepair: 5,
  redeliveriesPerRepair: 30,
  attemptsPerDelivery: 4,
  /** Check runs come in bursts: the summary of a commit is read once, this long after the first. */
  checksDelayMs: 500,
  /** A claimed read whose message was lost may be claimed again after this. */
  pendingReadStaleMs: 60_000,
  /** GitHub computes whether a pull request can be merged only when asked: it is asked again after these delays. */
  mergeabilityDelaysMs: [3_000, 10_000, 30_000, 120_000],
  /** A push to a base branch: so many of its pull requests, the newest ones, are looked at again. */
  mergeabilityPerPush: 100,
  /** After a push GitHub's pull request has to show it within this time; it is looked at this often. */
  publishedHeadTimeoutMs: 30_000,
  publishedHeadPollMs: 1_000,
  /** Cached replies that no sync has used for this long are forgotten. */
  cacheRetentionMs: 7 * 24 * 60 * 60_000,
  /** Pages of repositories that one batch of an access refresh reads. */
  accessPagesPerStep: 24,
  /** Repositories in one page of the answer about a person's access; the answer stays below the transport's 1 MiB. */
  accessRepositoriesPerPage: 10_000,
  /** Accounts that are not admitted here, remembered of one access refresh to name them. */
  refusedAccountsNamed: 10,
  /** After a refresh that failed for good, the next one; until then, checks look whether GitHub answers again. */
  accessRetryMs: 60_000,
  /** People whose earlier replies of GitHub are kept in memory, for conditional requests. */
  accessMemories: 2_000,
  /** People whose access is read anew after an event that may concern everybody. */
  peopleAskedAtOnce: 1_000,
  /** GitHub is asked at most this often about one person, whoever wants to know. */
  accessCheckMinIntervalMs: 20_000,
  accessCheckTimeoutMs: 15_000,
  /** A refresh without end after this long is taken for dead: a new one may start. */
  accessStaleMs: 60_000,
  /** Pictures of people that the gateway hands out. */
  avatarsKept: 5_000,
  avatarsKeptBytes: 32 * 1024 * 1024,
  avatarSizeBytes: 512 * 1024,
  avatarTimeoutMs: 5_000,
  avatarRetentionMs: 24 * 60 * 60_000,
  /** One that could not be had is asked for again after this. */
  missingAvatarRetentionMs: 60_000,
} as const;

export const organizationLimits = {
  /** Tasks in a snapshot, and at most in one page. */
  tasksPerPage: 200,
  /** A snapshot must stay below the transport's 1 MiB. */
  repositoriesInSnapshot: 1_000,
  /** In one answer of all repositories' names, of which there are as many answers as it takes. */
  repositoryNamesPerPage: 2_000,
  membersInSnapshot: 500,
  runtimeIssuesInSnapshot: 50,
  runtimeIssuesKept: 500,
  /** Bytes that each list of a snapshot may take: together they stay below the transport's 1 MiB. */
  tasksSizeBytes: 300 * 1024,
  repositoriesSizeBytes: 300 * 1024,
  membersSizeBytes: 100 * 1024,
  runtimeIssuesSizeBytes: 100 * 1024,
  /** More changed entities than this in one command: everybody reads a new snapshot. */
  changesPerCommand: 200,
  titleFromPromptLength: 80,
  branchSlugLength: 50,
  /** Of branches on GitHub with a name like that of a new task: what the command that names it carries. */
  branchesLookedUp: 500,
} as const;

export const repositoryLimits = { tasksInOverview: 200 } as const;

export const userLimits = {
  taskStatesInSnapshot: 1_000,
  taskStatesSizeBytes: 256 * 1024,
  draftsInSnapshot: 200,
  draftsSizeBytes: 384 * 1024,
  organizationsSizeBytes: 200 * 1024,
} as const;

export const taskLimits = {
  sessionsPerTask: 50,
  /** Of the uncommitted files that went with a workspace; as the notice's schema has it. */
  lostFilesNamed: 50,
  /** Models that a task's page knows of its sessions; a session's own page has all of them. */
  modelsSizeBytes: 300 * 1024,
  /** Calls of one actor's reads by another, from an effect or an action. */
  actorCallTimeoutMs: 4_300,
  /** A publish asked for while a turn runs waits this long for its end, then it is refused. */
  publishAfterTurnMs: 1_500,
  publishRetryMs: 150,
} as const;

export const sandboxLimits = {
  /** How long a sandbox may take to be made, over all tries of it; remote providers are slow. */
  createTimeoutMs: 180_000,
  /** A step of making it that did not end in time is looked at again after this. */
  createPollMs: 300,
  /** Whether a job (clone, push, pull) still runs is looked at this often. */
  jobCheckMs: 5_000,
  /** Before a turn, GitHub is asked for so long where the repository is. */
  locateTimeoutMs: 1_500,
  /** A clone that a crash interrupted may meet what the first one left running. */
  repeatedCloneAttempts: 3,
  repeatedCloneDelayMs: 2_000,
  diffSizeBytes: 400 * 1024,
  /** Changed files that are listed, and what their list may take. */
  changedFiles: 1_000,
  changedFilesSizeBytes: 300 * 1024,
  /** Names of uncommitted files to choose from: all of them fit into one request to publish. */
  uncommittedSizeBytes: 20_000,
} as const;

export const agentProcessLimits = {
  /** An agent whose connection is closed has this long to end by itself. Less than the command that waits for it. */
  endGraceMs: 1_000,
  /** Two agents started closer together than this cannot be told apart by when their connections were made. */
  spawnWindowMs: 250,
  /** Looking through the log and the processes of a sandbox takes milliseconds. */
  commandTimeoutMs: 4_000,
} as const;

export const sessionLimits = {
  /** Messages of one session that wait for their turn. */
  queuedMessages: 100,
  /** A message may be sent to a session that was made a moment ago; it waits this long for it. */
  initializeWaitMs: 5_000,
  initializePollMs: 150,
  /** Transcript items in a snapshot or a page; both stay below the transport's limits. */
  itemsPerPage: 100,
  pageSizeBytes: 400 * 1024,
  /** Finished messages in a snapshot. */
  finishedMessagesInSnapshot: 20,
  /** Texts of all messages of a snapshot together; what does not fit is cut to `messagePreviewLength`. */
  messagesSizeBytes: 300 * 1024,
  messagePreviewLength: 300,
  /** A text that grows past this goes on in another item. */
  textItemLength: 16_000,
} as const;

export const streamLimits = {
  /** Updates are forwarded at least this often … */
  batchIntervalMs: 60,
  /** … or when this many wait. */
  batchUpdates: 50,
  /** An action's message may not be larger. */
  batchSizeBytes: 40 * 1024,
  /** Reading the agent's stream pauses while more than this waits for the session. */
  waitingUpdates: 1_000,
  appendTimeoutMs: 8_000,
  retryInitialMs: 100,
  retryMaxMs: 3_000,
  /** A turn whose process died is taken up again after at most this. */
  resumeAlarmMs: 3_000,
  /** The end of a turn is worked off in this time, or the turn is looked at again. */
  endGraceMs: 15_000,
  /** An agent that does not stop when asked is ended after this. */
  cancelGraceMs: 5_000,
  /** One that did stop is left alone for this long, until the end of its turn has been read. */
  cancelReadGraceMs: 60_000,
  /** The stream usually says in this time why a prompt's request broke. */
  promptFailureGraceMs: 1_000,
  /** How often a followed turn is checked for still being the actor's turn. */
  turnWatchMs: 500,
  /** While a turn runs, it is asked so often whether its author may still work here. */
  accessCheckIntervalMs: 25_000,
  accessCheckTimeoutMs: 20_000,
  /** While a turn runs, its author's token in the sandbox is compared so often with the one that GitHub takes. */
  tokenCheckIntervalMs: 15_000,
  tokenCheckTimeoutMs: 15_000,
  /** How long a sandbox may be out of reach before its turn counts as failed. */
  reconnectTimeoutMs: 20_000,
} as const;
