package rules

// rulesOfTheCommit are about what a commit asks of the store, and what it tells the browser.
var rulesOfTheCommit = []mutant{
	// What a commit writes.
	{
		rule:  "where nothing is set nothing is created",
		red:   "TestAnonymousVisitStoresNothing",
		edits: instead("(s.standing == live || state&present != 0)", "true"),
	},
	{
		rule:  "Touch at most once per tenth of the idle timeout",
		red:   "TestTouchAtMostOncePerTenth",
		edits: instead("-s.base.idle >= idle/10", "-s.base.idle >= 0"),
	},
	{
		rule:  "Touch once a tenth has passed",
		red:   "TestTouchAtMostOncePerTenth",
		edits: instead("-s.base.idle >= idle/10", "-s.base.idle >= idle"),
	},
	{
		rule:  "Touch once per request",
		red:   "TestTouchOncePerRequest",
		edits: instead("&& !s.extended &&", "&&"),
	},
	{
		rule:  "Touch again after Reload",
		red:   "TestTouchAgainWhenAHandlerThatGoesOnReloadsAndCommits",
		edits: instead("s.extended = false", "_ = false"),
	},
	{
		rule:  "a Touch that fails is no reason to refuse the page",
		red:   "TestFailedTouchDoesNotRefuseThePage",
		edits: instead("s.note(runtime.Event{Kind: kindOfFailure(err), Err: fmt.Errorf(\"extending", "panic(runtime.Event{Kind: kindOfFailure(err), Err: fmt.Errorf(\"extending"),
	},
	{
		rule:  "Update replaces the revision that was loaded, and no newer one",
		red:   "TestR1_NoIncrementIsLost",
		mixed: true,
		edits: instead("store, id, old := k.manager.store, s.token.id, s.base.rev\n", "store, id, old := k.manager.store, s.token.id, s.base.rev\n\tif newest, err := store.Load(s.deadline, id); err == nil {\n\t\told = newest.Rev\n\t}\n"),
	},
	{
		rule:  "Update writes a fresh revision",
		red:   "TestFirstChangeCreates",
		edits: instead("rev = newRev()\n\t\tif w.renewing", "rev = s.base.rev\n\t\tif w.renewing"),
	},
	{
		rule:  "a failed Delete is an error page",
		red:   "TestR4_AStoreThatIsDownAtCommit",
		edits: instead("return \"\", fmt.Errorf(\"ending the session: %w\", err)", "return \"\", nil"),
	},
	{
		rule:  "no cookie where neither token nor deadline has changed",
		red:   "TestFirstChangeCreates",
		edits: instead("sendsToken := renewing || s.rememberChanged()", "sendsToken := true"),
	},
	{
		rule:  "an unclear error is followed by the same call again",
		red:   "TestR14_LostReplies",
		edits: instead("|| again == repeats ||", "|| true ||"),
	},
	{
		rule:  "with the same revision",
		red:   "TestR14_LostReplies",
		edits: instead("return store.Update(ctx, id, old, w.rec, w.ttl)", "w.rec.Rev = newRev()\n\t\treturn store.Update(ctx, id, old, w.rec, w.ttl)"),
	},
	{
		rule:  "an ID that is taken is followed by another one",
		red:   "TestIDsAreDrawnAnew",
		edits: instead("if o == taken {", "if false && o == taken {"),
	},
	{
		rule: "the deadline bounds repetitions too",
		red:  "TestR4_AStoreThatHangs",
		edits: []edit{
			{"|| ctx.Err() != nil {", "{"},
			{"timer.Stop()\n\t\t\treturn again > 0, err", "<-timer.C"},
		},
	},
	{
		rule:  "a Destroy that failed is not tried again after the handler",
		red:   "TestFailedDestroyIsBounded",
		edits: instead("case s.failure() != nil && s.ending != endWanted:", "case s.failure() != nil && !s.destroyPending():"),
	},
	{
		rule:  "a Destroy after a commit that failed reaches the store",
		red:   "TestAfterAFailedCommit",
		edits: instead("case s.failure() != nil && s.ending != endWanted:", "case s.failure() != nil:"),
	},
	{
		rule:  "no cookie is named twice in a response",
		red:   "TestLoadWithoutMiddleware",
		edits: instead("if !strings.HasPrefix(other, name) || !strings.HasPrefix(other[len(name):], \"=\") {", "if true {"),
	},
	{
		rule:  "but not for ever",
		red:   "TestRepetitionsAreFew",
		edits: instead("|| again == repeats ||", "||"),
	},
	{
		rule:  "what the store has said clearly is not asked again",
		red:   "TestClearAnswersAreNotAskedForAgain",
		edits: instead("err == nil || IsClear(err) ||", "err == nil ||"),
	},

	// What else a response says.
	{
		rule:  "Vary where a session was read",
		red:   "TestVary",
		edits: instead("header.Canonicalize(s.header)\n\t\ts.varyByCookie()\n\t}\n\tif !s.may", "header.Canonicalize(s.header)\n\t}\n\tif !s.may"),
	},
	{
		rule:  "Vary where the session cookie was sent",
		red:   "TestVaryWhereTheCookieIsSent",
		edits: instead("if !looked && !s.carried {", "if !looked {"),
	},
	{
		rule:  "unless the page is the same for all",
		red:   "TestVaryWhereTheCookieIsSent",
		edits: instead("if looked || !header.SaysPublic(s.header) {", "if true {"),
	},
	{
		rule:  "a page of a session is private",
		red:   "TestASVS_14_3_2_APageOfASessionIsPrivate",
		edits: instead("case s.standing == live && s.looked() && len(", "case false && len("),
	},
	{
		rule:  "if the handler does not say otherwise",
		red:   "TestASVS_14_3_2_APageOfASessionIsPrivate",
		edits: instead("s.looked() && len(s.header[\"Cache-Control\"]) == 0:", "s.looked():"),
	},
	{
		rule:  "a change of the principal clears pages in advance",
		red:   "TestASVS_14_3_1_AChangeOfTheUser",
		edits: instead("if h.pending && s.standing == live && !s.principalSet", "if false && !s.principalSet"),
	},
	{
		rule:  "not where the principal stays the same",
		red:   "TestASVS_14_3_1_AChangeOfTheUser",
		edits: instead("s.principalSet && s.principal != s.wireOfBase(s.manager.principal)", "s.principalSet"),
	},
	{
		rule:  "an end that failed clears nothing",
		red:   "TestASVS_14_3_1_DestroyClearsSiteData",
		edits: instead("s.ending = endFailed\n", "s.ending = endFailed\n\t\t\ts.noteSiteData(everything)\n"),
	},
	{
		rule:  "a response with a cookie is not publicly cacheable",
		red:   "TestFirstChangeCreates|TestCookieSentEarly",
		edits: instead("} else if len(s.header[\"Set-Cookie\"]) > 0 {\n\t\ts.keepCookiesPrivate()", "} else if false {\n\t\ts.keepCookiesPrivate()"),
	},
}

// rulesOfConflicts are about other requests that were faster.
var rulesOfConflicts = []mutant{
	// A conflict.
	{
		rule:  "a revision of mine in the history: committed",
		red:   "TestR14_ALostReplyAndForeignCommits",
		mixed: true,
		edits: instead("case made != nil && theirs.Knows(newest.rev, made.rev):", "case made != nil && newest.rev == made.rev:"),
	},
	{
		rule:  "a revision of mine that is current: committed",
		red:   "TestR14_AConflictWithOnesOwnWrite",
		edits: instead("case made != nil && theirs.Knows(newest.rev, made.rev):", "case made != nil && newest.rev != made.rev && theirs.Knows(newest.rev, made.rev):"),
	},
	{
		rule:  "the one that was loaded in the history: replayed",
		red:   "TestR14_ALostReplyAndForeignCommits",
		edits: instead("&& !theirs.Knows(newest.rev, s.base.rev):", ":"),
	},
	{
		rule:  "neither: never replayed",
		red:   "TestR14_ALostReplyAndForeignCommits|TestR14_AConflictWithOnesOwnWrite",
		edits: instead("case made != nil && made.unclear && !theirs", "case false && !theirs"),
	},
	{
		rule:  "a conflict that may be one with oneself is unclear",
		red:   "TestR14_AConflictWithOnesOwnWrite",
		edits: instead("repeated || !k.manager.exact", "repeated"),
	},
	{
		rule:  "a record remembers its last revisions",
		red:   "TestR14_ALostReplyAndForeignCommits",
		edits: instead("n += copy(room[n:], before)", ""),
	},
	{
		rule:  "a commit after a slow handler looks at the newest record first",
		red:   "TestSlowHandlerDoesNotLoseItsChanges|TestSlowHandlerOnAStore",
		edits: instead(" || s.at.Sub(s.base.loaded) > staleAfter\n", "\n"),
	},
	{
		rule:  "changes are replayed in their order, on the newest record",
		red:   "TestReplay$",
		edits: instead("for _, c := range s.more.changes {\n\t\t\ts.replay(c)\n\t\t}", ""),
	},

	// Ended or renewed since it was loaded, or already then.
	{
		rule:  "ended, and nobody signs in: dropped",
		red:   "TestR2_and_R15",
		edits: instead("case s.standing == ended && !signsIn:", "case false:"),
	},
	{
		rule:  "ended, and somebody signs in where nobody was: created",
		red:   "TestR2_and_R15",
		edits: instead("signsIn := s.signsInAnew()", "signsIn := false"),
	},
	{
		rule:  "ended, and somebody signs in where somebody was: dropped",
		red:   "TestR2_and_R15",
		edits: instead("return s.atLoad == \"\" && s.principalSet", "return s.principalSet"),
	},
	{
		rule:  "a session that has ended keeps nothing for the one that is created",
		red:   "TestR2_and_R15",
		edits: instead("s.leave()\n\ts.base = base{}", "s.base = base{}"),
	},
	{
		rule:  "a session that has ended takes back the cookie of an earlier commit",
		red:   "TestR2_NoCookieOfASession",
		edits: instead("s.phase == handling && s.sentTokens() != nil", "false"),
	},
	{
		rule:  "a secret that was replaced twice a moment ago is known",
		red:   "TestR15_ASecretThatWasReplacedTwice",
		edits: instead("record.MostReplaced-1", "record.MostReplaced-4"),
	},
	{
		rule:  "a replay never crosses an epoch",
		red:   "TestR2_and_R15",
		mixed: true,
		edits: instead("case theirs.Epoch != s.base.head().Epoch ||", "case false ||"),
	},
	{
		rule:  "a change of the principal or of a renew field moves the epoch",
		red:   "TestR2_and_R15",
		mixed: true,
		edits: instead("if moved {\n\t\t\th.Epoch++", "if false && moved {\n\t\t\th.Epoch++"),
	},
	{
		rule:  "what was committed gives no part in a privilege that came after it",
		red:   "TestR14_ALostAnswerLets",
		edits: instead("if theirs.Epoch != made.epoch ||", "if false ||"),
	},
	{
		rule:  "and RevokeOthers beside it ends the other sessions",
		red:   "TestR14_ALostAnswerAndAChanged",
		edits: instead(" || s.more.wasOutlived()", ""),
	},
	{
		rule:  "renewed since, same epoch: replayed without a cookie",
		red:   "TestR2_and_R15",
		edits: instead("s.superseded = true\n\t}\n\ts.replayOn(newest)\n\tif err", "}\n\ts.replayOn(newest)\n\tif err"),
	},
	{
		rule: "or dropped, if it renews itself",
		red:  "TestR2_and_R15|TestR3_",
		edits: []edit{
			{"if renewing, _ := s.privileges(); renewing {", "if renewing, _ := s.privileges(); false && renewing {"},
			{"case renewing && s.superseded:", "case false:"},
		},
	},
	{
		rule:  "and not replayed at a later commit of the same request either",
		red:   "TestRenewalAfterAReplayAcrossARenewal",
		edits: instead("case renewing && s.superseded:", "case false:"),
	},
	{
		rule:  "renewed since, and somebody signs in where nobody was: created",
		red:   "TestR2_and_R15",
		edits: instead("if s.signsInAnew() {\n\t\treturn s.continueDetached(unsent)\n\t}\n", ""),
	},
	{
		rule:  "renewed already when loaded, and nobody signs in: dropped",
		red:   "TestSecretThatWasReplaced",
		edits: instead("case s.standing == renewed && !signsIn:", "case false:"),
	},
	{
		rule:  "Destroy ends the sessions of all session cookies",
		red:   "TestSeveralLiveSessionCookies$",
		edits: instead("err = s.endRivals(unsent, runtime.Event{Kind: runtime.EventDestroyed})", "err = nil"),
	},
	{
		rule:  "a sign-in ends the sessions of several session cookies",
		red:   "TestSeveralLiveSessionCookies$",
		edits: instead("if setCookie, err = s.replaceRivals(); err != nil {", "if err != nil {"),
	},
	{
		rule:  "tokens whose secret does not fit end nothing",
		red:   "TestSeveralSessionCookiesEndOnlyWhatTheyOpen",
		edits: instead("r.lookedUp = probe.standing == live || probe.standing == renewed", "r.lookedUp = true"),
	},
	{
		rule:  "what is set after Destroy begins a new session",
		red:   "TestWhatIsSetAfterDestroyBeginsANewSession",
		edits: instead("s.detach(destroyed)", "s.detach(ended)"),
	},
	{
		rule:  "but not where another request has renewed or ended the session",
		red:   "TestWhatIsSetAfterDestroyOfASessionThatEndedElsewhere",
		edits: instead("if s.standing == renewed || s.standing == ended || s.superseded {", "if false {"),
	},
	{
		rule:  "Destroy in a renewed request deletes the ID",
		red:   "TestDestroyWithASecretRenewedAMomentAgo",
		edits: instead("case live, renewed, ended:\n", "case live, ended:\n"),
	},
	{
		rule:  "and leaves the browser's newer cookie alone",
		red:   "TestDestroyWithASecretRenewedAMomentAgo",
		edits: instead("if s.standing == renewed || s.standing == ended || s.superseded {", "if false {"),
	},
	{
		rule:  "commits of one session in a process queue",
		red:   "TestCommitsInOneProcessQueue",
		mixed: true,
		edits: []edit{
			{"return s.manager.queue.Enter(ctx, id)", "_ = id\n\t\treturn nil"},
			{"defer s.manager.queue.Leave(s.token.id)", ""},
		},
	},
	{
		rule:  "and build on the one before",
		red:   "TestCommitsInOneProcessQueue",
		mixed: true,
		edits: instead("s.base.generation != s.manager.queue.Generation(s.token.id) ||", ""),
	},
}
