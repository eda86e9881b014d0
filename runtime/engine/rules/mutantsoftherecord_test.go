package rules

// rulesOfTheRecord are about what is written into a record, and what is taken out of it.
var rulesOfTheRecord = []mutant{
	// What is renewed, and what is emptied.
	{
		rule:  "the principal's setter renews the secret",
		red:   "TestR16_|TestR15_",
		edits: instead("moved = s.principalSet\n", ""),
	},
	{
		rule: "so does a change of a renew field",
		red:  "TestR2_and_R15",
		edits: instead(
			"!s.encodesAsBase(field) {\n\t\t\tmoved = true",
			"!s.encodesAsBase(field) {\n\t\t\tmoved = moved || false",
		),
	},
	{
		rule:  "signing in restarts the lifetime",
		red:   "TestR9_|TestR20_",
		edits: instead("if s.principalSet {\n\t\tttl.Life", "if false {\n\t\tttl.Life"),
	},
	{
		rule:  "leaving a principal empties the session",
		red:   "TestR16_",
		edits: instead("if before != \"\" && before != s.principal {", "if false && before != s.principal {"),
	},
	{
		rule:  "of what was changed in place before, too",
		red:   "TestR16_",
		edits: instead("f.state &^= inPlace | lent", "f.state &^= lent"),
	},
	{
		rule:  "of unknown fields, too",
		red:   "TestR16_",
		edits: instead("if s.left {\n\t\tdata = \"\"", "if false {\n\t\tdata = \"\""),
	},
	{
		rule:  "of what other programs list it by, too",
		red:   "TestR16_",
		edits: instead("if !s.left {\n\t\tterms = s.foreignTerms()", "if true {\n\t\tterms = s.foreignTerms()"),
	},
	{
		rule:  "of the marks of other programs' flashes, too",
		red:   "TestR16_",
		edits: instead("if !s.left {\n\t\thead := s.base.head()", "if true {\n\t\thead := s.base.head()"),
	},
	{
		rule: "of the cookie that outlives the browser, too",
		red:  "TestR16_|TestRememberEndsWithThePrincipal",
		edits: instead(
			"s.remember == asBefore && s.left:",
			"s.remember == asBefore && s.left && false:",
		),
	},
	{
		rule:  "of what the handler holds of it, too",
		red:   "TestR16_",
		edits: instead("f.state &^= inPlace | lent", "f.state &^= inPlace"),
	},

	// What is in a record, and for how long.
	{
		rule: "the age of a replaced secret is told by the store's clock",
		red:  "TestR9_AnOldSecret",
		edits: []edit{
			{"h.PreviousKey, h.Renewed = s.replacedKeys(), s.lifeLeft(w.ttl)", "h.PreviousKey, h.Renewed = s.replacedKeys(), milliseconds(s.at)"},
			{"h.JustRenewed(rec.Life):", "milliseconds(s.at)-h.Renewed < 60_000:"},
		},
	},
	{
		rule:  "a write does not restart the lifetime",
		red:   "TestR9_NoSession",
		edits: instead("if s.principalSet {\n\t\tttl.Life", "if true {\n\t\tttl.Life"),
	},
	{
		rule:  "a write restarts the idle timeout, and so does a Touch",
		red:   "TestR20_AnIdleTimeout",
		edits: instead("-s.base.idle >= idle/10", "-s.base.idle >= idle"),
	},
	{
		rule:  "fields of other programs are kept",
		red:   "TestR10_TwoReleases|TestR10_UnknownFields",
		edits: instead("b.unknown = append(b.unknown, record.Entry{Number: number, Start: start, End: end})", "gap = cursor"),
	},
	{
		rule:  "terms of other programs are kept",
		red:   "TestR10_Terms",
		edits: instead("terms = s.foreignTerms()", "terms = nil"),
	},
	{
		rule:  "what a type's methods have written is read back before it is stored",
		red:   "TestWhatCannotBeReadBackFailsItsCommit",
		edits: instead("check = s.manager.schema.Fields[field].Traits&Marshaled != 0", "check = false"),
	},
	{
		rule:  "so is what is appended or put",
		red:   "TestWhatCannotBeReadBackFailsItsCommit",
		edits: instead("if err == nil && s.manager.schema.Fields[field].Traits&Marshaled != 0 {", "if false {"),
	},

	// What other programs have written inside a field, or in another way.
	{
		rule:  "elements and entries that stay keep their bytes",
		red:   "TestR10_UnknownFieldsOf",
		mixed: true,
		edits: instead("encoded, err = s.appendEdited(b, field) // the edit has checked", "s.decode(field)\n\t\tencoded, err = appendOf(s.codec, b, field) // the edit has checked"),
	},
	{
		rule:  "a value that was changed in place as well is replaced as a whole",
		red:   "TestR10_UnknownFieldsOfElementsAreKept$|TestChangesInPlaceAreSaved",
		edits: instead("f.state = f.state&^edited | inPlace", "f.state |= inPlace"),
	},
	{
		rule:  "and after an Update",
		red:   "TestR10_UnknownFieldsOfElementsAreKept$",
		edits: instead("f.state = f.state&^edited | relative\n", "f.state |= relative\n"),
	},
	{
		rule:  "Put and Remove concern an entry however often it is there",
		red:   "TestR10_UnknownFieldsOfEntriesAreKept",
		edits: instead("if replaced(entry) {\n\t\t\tcontinue", "if replaced(entry) {\n\t\t\treplaced = func(string) bool { return false }\n\t\t\tcontinue"),
	},
	{
		rule:  "entries are in the order of their keys",
		red:   "TestR10_UnknownFieldsOfEntriesAreKept|TestPutKeepsTheOrderOfKeys",
		edits: instead("if order > 0 {", "if true {"),
	},
	{
		rule:  "relative changes of a field that cannot be read are dropped",
		red:   "TestR10_AnUnreadableFieldKeepsItsBytes",
		mixed: true,
		edits: instead("if s.fields[field].state&unreadable == 0 {\n\t\treturn true", "if true {\n\t\treturn true"),
	},
	{
		rule:  "so are those of its elements",
		red:   "TestR10_AnUnreadableFieldKeepsItsBytes",
		edits: instead("if f.state&unreadable != 0 {\n\t\ts.dropUnreadable(field)\n\t\treturn false", "if false {\n\t\ts.dropUnreadable(field)\n\t\treturn false"),
	},
	{
		rule:  "and changes in place",
		red:   "TestR10_AnUnreadableFieldKeepsItsBytes",
		edits: instead("if f.state&unreadable != 0 {\n\t\ts.dropUnreadable(field)\n\t\ts.codec.Reset(field)", "if false {\n\t\ts.dropUnreadable(field)\n\t\ts.codec.Reset(field)"),
	},
	{
		rule:  "also at a replay",
		red:   "TestAConflictWithAnUnreadableField|TestR10_AReplayOnAnUnreadableField",
		edits: instead("case f.state&unreadable != 0:\n\t\ts.dropUnreadable(c.field)", "case false:"),
	},
	{
		rule:  "what an event has dropped at a replay is not made at the next one",
		red:   "TestR10_AReplayOnAnUnreadableField",
		edits: instead("s.more.dropChanges(i) // for good", "// for good"),
	},
	{
		rule:  "Commit does not acknowledge it",
		red:   "TestR10_AnUnreadableFieldKeepsItsBytes|TestAConflictWithAnUnreadableField",
		edits: instead("if dropped := s.takeUnreadable(at); err == nil {", "if dropped := s.takeUnreadable(at); false {"),
	},
	{
		rule:  "a session is refused whose principal or renew field cannot be read",
		red:   "TestASessionWithUnreadablePrivilegesIsRefused",
		edits: instead("return s.checkPrivileges()\n}", "return nil\n}"),
	},
	{
		rule:  "also where they become so",
		red:   "TestPrivilegesBecomeUnreadable",
		edits: instead("b.barred = err == nil && read.checkPrivileges() != nil", ""),
	},
	{
		rule:  "code that was generated from other tags is refused",
		red:   "TestStaleCodeIsRefused",
		edits: instead("if err := checkStructs(m.schema.Structs); err != nil {", "if err := checkStructs(nil); err != nil {"),
	},
	{
		rule:  "a live map is made while it is unset",
		red:   "TestALiveMapThatIsUnsetCanBeWrittenTo",
		edits: instead("\tif *p == nil {\n\t\t*p = M{}\n\t}\n\treturn *p", "\treturn *p"),
	},
	{
		rule:  "what is written into a live collection after it was set counts",
		red:   "TestALiveMapThatIsUnsetCanBeWrittenTo",
		edits: instead("s.setPresence(field) // it may have been emptied or filled since", ""),
	},

	// Flashes.
	{
		rule:  "Take clears what it returned and no newer one",
		red:   "TestR17_AFlashSetAgainMeanwhile",
		edits: instead("if s.flash(c.field) == *c.taken {", "if true {"),
	},
	{
		rule: "also if the words are the same",
		red:  "TestR17_AFlashSetAgainMeanwhile",
		edits: instead(
			"return flash{head.FlashMark(s.manager.schema.Fields[field].Number), s.span(field)}",
			"return flash{head.FlashMark(-1), s.span(field)}",
		),
	},
	{
		rule:  "a HEAD request clears none",
		red:   "TestR17_HEADAndOPTIONS",
		edits: instead("case s.request.Method == http.MethodHead, ", "case s.request.Method == http.MethodTrace, "),
	},
	{
		rule:  "an OPTIONS request clears none",
		red:   "TestR17_HEADAndOPTIONS",
		edits: instead(", s.request.Method == http.MethodOptions:", ":"),
	},
	{
		rule:  "a page in advance that takes a flash is refused",
		red:   "TestAPageInAdvanceIsRefused",
		edits: instead("s.rare().refused, s.mayHaveChanged = true, true", "_ = true"),
	},
	{
		rule:  "a page in advance that changes the user is refused",
		red:   "TestAPageInAdvanceIsRefused",
		edits: instead("unsent && s.mustBeSeen() && isSpeculative", "false && s.mustBeSeen() && isSpeculative"),
	},
	{
		rule:  "nothing of a refused page is committed later",
		red:   "TestAPageInAdvanceIsRefused",
		edits: instead("case errors.Is(s.failure(), runtime.ErrSpeculative):", "case false:"),
	},
	{
		rule:  "a part of a page in advance is served",
		red:   "TestAPartOfAPageInAdvanceIsServed",
		edits: instead("case isNavigation(s.request):", "case true:"),
	},
	{
		rule:  "a response with a flash that stays is not kept",
		red:   "TestAPartOfAPageInAdvanceIsServed",
		edits: instead("s.rare().unkept = true", "s.rare().unkept = false"),
	},
	{
		rule:  "a late Take of a page in advance finds nothing",
		red:   "TestALateTakeInAdvanceShowsNothing",
		edits: instead("case how == refuses && s.phase != handling:", "case false:"),
	},
}
