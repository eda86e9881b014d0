package runtime_test

// rulesOfTheCommit are about what a commit asks of the store, and what it tells the browser.
var rulesOfTheCommit = []mutant{
	// What a commit writes.
	{
		rule:  "where nothing is set nothing is created",
		red:   "TestAnonymousVisitStoresNothing",
		edits: in("commit.go", "(s.standing == live || state&present != 0)", "true"),
	},
	{
		rule:  "Touch at most once per tenth of the idle timeout",
		red:   "TestTouchAtMostOncePerTenth",
		edits: in("persist.go", "-s.base.idle >= idle/10", "-s.base.idle >= 0"),
	},
	{
		rule:  "Touch once a tenth has passed",
		red:   "TestTouchAtMostOncePerTenth",
		edits: in("persist.go", "-s.base.idle >= idle/10", "-s.base.idle >= idle"),
	},
	{
		rule:  "Touch once per request",
		red:   "TestTouchOncePerRequest",
		edits: in("persist.go", "&& !s.touched &&", "&&"),
	},
	{
		rule:  "Touch again after Reload",
		red:   "TestTouchAgainWhenAHandlerThatGoesOnReloadsAndCommits",
		edits: in("reload.go", "s.touched = false", "_ = false"),
	},
	{
		rule: "a Touch that fails is no reason to refuse the page",
		red:  "TestFailedTouchDoesNotRefuseThePage",
		edits: in("persist.go",
			"s.note(Event{Kind: StoreFailed, Err: fmt.Errorf(\"extending",
			"panic(Event{Kind: StoreFailed, Err: fmt.Errorf(\"extending",
		),
	},
	{
		rule: "Update replaces the revision that was loaded, and no newer one",
		red:  "TestR1_NoIncrementIsLost",
		edits: in("update.go",
			"old := s.base.rev\n",
			"old := s.base.rev\n\t\tif newest, err := s.manager.store.Load(s.deadline, id); err == nil {\n\t\t\told = newest.Rev\n\t\t}\n",
		),
	},
	{
		rule:  "Update writes a fresh revision",
		red:   "TestFirstChangeCreates",
		edits: in("update.go", "s.encode(&h, newRev())", "s.encode(&h, s.base.rev)"),
	},
	{
		rule:  "a failed Delete is an error page",
		red:   "TestR4_AStoreThatIsDownAtCommit",
		edits: in("persist.go", "return \"\", fmt.Errorf(\"deleting the session: %w\", err)", "return \"\", nil"),
	},
	{
		rule:  "no cookie where neither token nor deadline has changed",
		red:   "TestFirstChangeCreates",
		edits: in("update.go", "sendsToken := renewing || s.rememberChanged()", "sendsToken := true"),
	},
	{
		rule:  "an unclear error is followed by the same call again",
		red:   "TestR14_LostReplies",
		edits: in("repeat.go", "|| again == repeats ||", "|| true ||"),
	},
	{
		rule: "with the same revision",
		red:  "TestR14_LostReplies",
		edits: in("update.go",
			"return s.manager.store.Update(ctx, id, old, rec, ttl)",
			"rec.Rev = newRev()\n\t\t\treturn s.manager.store.Update(ctx, id, old, rec, ttl)",
		),
	},
	{
		rule:  "an ID that is taken is followed by another one",
		red:   "TestIDsAreDrawnAnew",
		edits: in("persist.go", "if errors.Is(err, ErrExists) || errors.Is(err, ErrGone) {", "if false {"),
	},
	{
		rule: "the deadline bounds repetitions too",
		red:  "TestR4_AStoreThatHangs",
		edits: []edit{
			{"repeat.go", "|| ctx.Err() != nil {", "{"},
			{"repeat.go", "timer.Stop()\n\t\t\treturn again > 0, err", "<-timer.C"},
		},
	},
	{
		rule:  "a Destroy that failed is not tried again after the handler",
		red:   "TestFailedDestroyIsBounded",
		edits: in("commit.go", "(!s.destroyPending() || s.undeleted):", "!s.destroyPending():"),
	},
	{
		rule:  "a Destroy after a commit that failed reaches the store",
		red:   "TestAfterAFailedCommit",
		edits: in("commit.go", "case s.failure() != nil && (!s.destroyPending() || s.undeleted):", "case s.failure() != nil:"),
	},
	{
		rule:  "no cookie is named twice in a response",
		red:   "TestLoadWithoutMiddleware",
		edits: in("cookieresponse.go", "if !strings.HasPrefix(other, name) || !strings.HasPrefix(other[len(name):], \"=\") {", "if true {"),
	},
	{
		rule:  "but not for ever",
		red:   "TestRepetitionsAreFew",
		edits: in("repeat.go", "|| again == repeats ||", "||"),
	},
	{
		rule:  "what the store has said clearly is not asked again",
		red:   "TestClearAnswersAreNotAskedForAgain",
		edits: in("repeat.go", "err == nil || isClear(err) ||", "err == nil ||"),
	},

	// What else a response says.
	{
		rule:  "Vary where a session was read",
		red:   "TestVary",
		edits: in("commit.go", "if open && (s.accessed || s.asked.Load()) {", "if false {"),
	},
	{
		rule:  "a response with a cookie is not publicly cacheable",
		red:   "TestFirstChangeCreates|TestCookieSentEarly",
		edits: in("writer.go", "else if len(s.header[\"Set-Cookie\"]) > 0 {", "else if false {"),
	},
}

// rulesOfConflicts are about other requests that were faster.
var rulesOfConflicts = []mutant{
	// A conflict.
	{
		rule: "a revision of mine in the history: committed",
		red:  "TestR14_ALostReplyAndForeignCommits",
		edits: in("update.go",
			"if made != nil && theirs.knows(newest.rev, made.rev) {",
			"if made != nil && newest.rev == made.rev {",
		),
	},
	{
		rule: "a revision of mine that is current: committed",
		red:  "TestR14_AConflictWithOnesOwnWrite",
		edits: in("update.go",
			"if made != nil && theirs.knows(newest.rev, made.rev) {",
			"if made != nil && newest.rev != made.rev && theirs.knows(newest.rev, made.rev) {",
		),
	},
	{
		rule:  "the one that was loaded in the history: replayed",
		red:   "TestR14_ALostReplyAndForeignCommits",
		edits: in("update.go", "&& !theirs.knows(newest.rev, s.base.rev) {", "{"),
	},
	{
		rule:  "neither: never replayed",
		red:   "TestR14_ALostReplyAndForeignCommits|TestR14_AConflictWithOnesOwnWrite",
		edits: in("update.go", "if made != nil && made.unclear && !theirs", "if false && !theirs"),
	},
	{
		rule:  "a conflict that may be one with oneself is unclear",
		red:   "TestR14_AConflictWithOnesOwnWrite",
		edits: in("update.go", "repeated || !s.manager.exact", "repeated"),
	},
	{
		rule:  "a record remembers its last revisions",
		red:   "TestR14_ALostReplyAndForeignCommits",
		edits: in("update.go", "n += copy(history[n:], h.history)", ""),
	},
	{
		rule:  "a commit after a slow handler looks at the newest record first",
		red:   "TestSlowHandlerDoesNotLoseItsChanges|TestSlowHandlerOnAStore",
		edits: in("update.go", "|| s.at.Sub(s.base.loaded) > staleAfter {", "{"),
	},
	{
		rule:  "changes are replayed in their order, on the newest record",
		red:   "TestReplay$",
		edits: in("session.go", "for _, c := range s.more.changes {\n\t\t\ts.replay(c)\n\t\t}", ""),
	},

	// Ended or renewed since it was loaded, or already then.
	{
		rule:  "ended, and nobody signs in: dropped",
		red:   "TestR2_and_R15",
		edits: in("persist.go", "case s.standing == ended && !signsIn:", "case false:"),
	},
	{
		rule:  "ended, and somebody signs in where nobody was: created",
		red:   "TestR2_and_R15",
		edits: in("persist.go", "signsIn := s.atLoad == \"\" && s.principalSet && s.principal != \"\"", "signsIn := false"),
	},
	{
		rule:  "ended, and somebody signs in where somebody was: dropped",
		red:   "TestR2_and_R15",
		edits: in("persist.go", "signsIn := s.atLoad == \"\" && s.principalSet", "signsIn := s.principalSet"),
	},
	{
		rule:  "a session that has ended keeps nothing for the one that is created",
		red:   "TestR2_and_R15",
		edits: in("persist.go", "s.empty()\n\ts.base = base{}", "s.base = base{}"),
	},
	{
		rule:  "a session that has ended takes back the cookie of an earlier commit",
		red:   "TestR2_NoCookieOfASession",
		edits: in("persist.go", "!s.begun && s.sentTokens() != nil", "false"),
	},
	{
		rule:  "a secret that was replaced twice a moment ago is known",
		red:   "TestR15_ASecretThatWasReplacedTwice",
		edits: in("update.go", "mostReplaced-1", "mostReplaced-4"),
	},
	{
		rule:  "a replay never crosses an epoch",
		red:   "TestR2_and_R15",
		edits: in("update.go", "if theirs.epoch != ours.epoch {", "if false {"),
	},
	{
		rule:  "a change of the principal or of a renew field moves the epoch",
		red:   "TestR2_and_R15",
		edits: in("update.go", "if moved {\n\t\t\th.epoch++", "if false && moved {\n\t\t\th.epoch++"),
	},
	{
		rule:  "what was committed gives no part in a privilege that came after it",
		red:   "TestR14_ALostAnswerLets",
		edits: in("update.go", "if theirs.epoch != made.epoch {", "if false {"),
	},
	{
		rule:  "renewed since, same epoch: replayed without a cookie",
		red:   "TestR2_and_R15",
		edits: in("update.go", "s.withoutCookie = true\n\t}\n\ts.use(newest)\n\tif err", "}\n\ts.use(newest)\n\tif err"),
	},
	{
		rule: "or dropped, if it renews itself",
		red:  "TestR2_and_R15|TestR3_",
		edits: []edit{
			{"update.go",
				"if renewing, _ := s.privileges(); renewing {",
				"if renewing, _ := s.privileges(); false && renewing {",
			},
			{"update.go", "if renewing && s.withoutCookie {", "if false {"},
		},
	},
	{
		rule:  "and not replayed at a later commit of the same request either",
		red:   "TestRenewalAfterAReplayAcrossARenewal",
		edits: in("update.go", "if renewing && s.withoutCookie {", "if false {"),
	},
	{
		rule: "renewed since, and somebody signs in where nobody was: created",
		red:  "TestR2_and_R15",
		edits: in("update.go",
			"return s.lost(open)\n\t}\n\treturn \"\", s.drop(\"the session's secret",
			"return \"\", s.drop(\"\")\n\t}\n\treturn \"\", s.drop(\"the session's secret",
		),
	},
	{
		rule:  "renewed already when loaded, and nobody signs in: dropped",
		red:   "TestSecretThatWasReplaced",
		edits: in("persist.go", "case s.standing == renewed && !signsIn:", "case false:"),
	},
	{
		rule: "Destroy in a renewed request deletes the ID",
		red:  "TestDestroyWithASecretRenewedAMomentAgo",
		edits: in("persist.go",
			"if s.standing != absent && s.standing != doubtful {",
			"if s.standing != absent && s.standing != doubtful && s.standing != renewed {",
		),
	},
	{
		rule:  "and leaves the browser's newer cookie alone",
		red:   "TestDestroyWithASecretRenewedAMomentAgo",
		edits: in("persist.go", "(s.standing == live || s.standing == absent) && !s.withoutCookie", "true"),
	},
	{
		rule: "commits of one session in a process queue",
		red:  "TestCommitsInOneProcessQueue",
		edits: []edit{
			{"update.go", "return s.manager.queue.enter(ctx, id)", "return nil"},
			{"update.go", "defer s.manager.queue.leave(id)", ""},
		},
	},
	{
		rule:  "and build on the one before",
		red:   "TestCommitsInOneProcessQueue",
		edits: in("update.go", "s.base.generation != s.manager.queue.generation(id) ||", ""),
	},
}
