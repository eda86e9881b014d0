package sqlstore

// A row of {sessions} is a record or a tombstone (gone is 1). It counts as none
// from expires on, in microseconds since 1970; of a record, expires is never behind
// deadline. Its first term is in a column of the row; those that follow are in
// further, one behind the other, and each has an entry in {terms} as well. Entries
// are written and removed in the transaction that writes further, so they are
// exactly those that further says. A tombstone keeps further, and with it its
// entries, until the row is removed or a new record takes its place.
const (
	insertText = `INSERT INTO {sessions} (id, revision, term, further, data, gone, expires, deadline)
VALUES (:id, :revision, :term, :further, :data, 0, :now + :idle, :now + :life)`

	// Over what has expired; :was is what the writer knows of its entries.
	replaceText = `UPDATE {sessions}
SET revision = :revision, term = :term, further = :further, data = :data, gone = 0, expires = :now + :idle, deadline = :now + :life
WHERE id = :id AND expires <= :now AND further = :was`

	loadText = `SELECT revision, term, further, data, gone, expires - :now, deadline - :now FROM {sessions} WHERE id = :id`

	updateText = `UPDATE {sessions}
SET revision = :revision, term = :term, further = :further, data = :data, expires = {least}(:now + :idle, deadline)
WHERE id = :id AND revision = :old AND further = :was AND gone = 0 AND expires > :now`

	renewText = `UPDATE {sessions}
SET revision = :revision, term = :term, further = :further, data = :data, expires = :now + :idle, deadline = :now + :life
WHERE id = :id AND revision = :old AND further = :was AND gone = 0 AND expires > :now`

	touchText = `UPDATE {sessions} SET expires = {greatest}(expires, {least}(:now + :idle, deadline))
WHERE id = :id AND gone = 0 AND expires > :now`

	// expires comes first: MySQL assigns one after the other. A tombstone's is never
	// brought forward, whatever the clock does.
	deleteText = `INSERT INTO {sessions} (id, revision, term, further, data, gone, expires, deadline)
VALUES (:id, :revision, NULL, :further, :data, 1, :now + :idle, 0)
{otherwise} expires = CASE WHEN {sessions}.gone = 1 THEN {greatest}({sessions}.expires, :now + :idle) ELSE :now + :idle END,
revision = :revision, term = NULL, data = :data, gone = 1, deadline = 0`

	// Each of the two ways to find a session returns a full page of IDs that are
	// alive, so that what both have in common does not shorten the page.
	listText = `SELECT s.id, s.revision, s.term, s.further, s.data, s.gone, s.expires - :now, s.deadline - :now
FROM (
	SELECT a.id FROM (
		SELECT id FROM {sessions}
		WHERE term = :term AND id > :after AND gone = 0 AND expires > :now
		ORDER BY id LIMIT :max
	) a
	UNION
	SELECT b.id FROM (
		SELECT e.id FROM {terms} e JOIN {sessions} c ON c.id = e.id
		WHERE e.term = :term AND e.id > :after AND c.gone = 0 AND c.expires > :now
		ORDER BY e.id LIMIT :max
	) b
) found JOIN {sessions} s ON s.id = found.id
ORDER BY s.id LIMIT :max`

	carriersText = `SELECT id FROM {sessions} WHERE term = :term AND gone = 0 AND expires > :now
UNION
SELECT e.id FROM {terms} e JOIN {sessions} c ON c.id = e.id WHERE e.term = :term AND c.gone = 0 AND c.expires > :now`

	// Whether a session still carries the term is asked of its row alone: of a row
	// that another transaction is changing, databases look at the newest version, but
	// of others at one that may be older.
	buryText = `UPDATE {sessions}
SET revision = :revision, term = NULL, data = :data, gone = 1, expires = :now + :idle, deadline = 0
WHERE id IN ({ids}) AND gone = 0 AND expires > :now AND (term = :term OR `

	expiredText = `SELECT id, further FROM {sessions} WHERE expires <= :now ORDER BY expires LIMIT :max`

	removePlainText = `DELETE FROM {sessions} WHERE id IN ({ids}) AND expires <= :now AND further = :further`

	removeText = `DELETE FROM {sessions} WHERE id IN ({ids}) AND expires <= :now`

	removeEntriesText = `DELETE FROM {terms} WHERE id IN ({ids})
AND NOT EXISTS (SELECT 1 FROM {sessions} WHERE {sessions}.id = {terms}.id)`
)

// queries are the statements that are always the same. The others depend on how
// many IDs or terms they are about.
type queries struct {
	insert, replace, load, update, renew, touch, delete, list, carriers, expired *query
}

func (s *Store) compile() queries {
	return queries{
		insert:   s.query(insertText+s.dialect.unlessThere, 0),
		replace:  s.query(replaceText, 0),
		load:     s.query(loadText, 0),
		update:   s.query(updateText, 0),
		renew:    s.query(renewText, 0),
		touch:    s.query(touchText, 0),
		delete:   s.query(deleteText, 0),
		list:     s.query(listText, 0),
		carriers: s.query(carriersText, 0),
		expired:  s.query(expiredText, 0),
	}
}

func (q *queries) close() {
	for _, q := range []*query{q.insert, q.replace, q.load, q.update, q.renew, q.touch, q.delete, q.list, q.carriers, q.expired} {
		if stmt := q.prepared.Swap(nil); stmt != nil {
			stmt.Close()
		}
	}
}

// widths are the lengths of lists of IDs in a statement. Shorter lists are
// filled up, so that a database that caches what it has parsed sees few texts.
var widths = []int{1, 10, 100, widest}

// widest is the greatest number of IDs in one statement.
const widest = 1000

func (s *Store) wide(template string, ids int) *query {
	width := widest
	for _, w := range widths {
		if ids <= w {
			width = w
			break
		}
	}
	return s.query(template, width)
}
