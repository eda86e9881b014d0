package sqlstore

// A row of {sessions} is a record or, if gone is 1, a tombstone. It expires at expires, in
// microseconds since 1970. The expires of a record is never later than its deadline. The
// first term has a column of its own. The further terms are concatenated in further, and
// each of them also has an entry, which is a row of {terms}. Entries are written and
// removed in the transaction that writes further, so they always agree with it. A
// tombstone keeps further, and with it its entries, until the row is removed or a new
// record takes its place.
const (
	insertText = `INSERT INTO {sessions} (id, revision, term, further, data, gone, expires, deadline)
VALUES (:id, :revision, :term, :further, :data, 0, :now + :idle, :now + :life)`

	// Replaces an expired row. :was is the value of further that the writer has read.
	replaceText = `UPDATE {sessions}
SET revision = :revision, term = :term, further = :further, data = :data, gone = 0, expires = :now + :idle, deadline = :now + :life
WHERE id = :id AND expires <= :now AND further = :was`

	// Statements that read what decides about access return at least one row, in which the
	// first column reports whether the server may lag behind. A server that lags may also lack
	// the session, so finding none must not pass for an answer.
	loadText = `SELECT {lagging}, s.revision, s.term, s.further, s.data, s.gone, s.expires - :now, s.deadline - :now
FROM (SELECT 1 AS one) o LEFT JOIN {sessions} s ON s.id = :id`

	updateText = `UPDATE {sessions}
SET revision = :revision, term = :term, further = :further, data = :data, expires = {least}(:now + :idle, deadline)
WHERE id = :id AND revision = :old AND further = :was AND gone = 0 AND expires > :now`

	renewText = `UPDATE {sessions}
SET revision = :revision, term = :term, further = :further, data = :data, expires = :now + :idle, deadline = :now + :life
WHERE id = :id AND revision = :old AND further = :was AND gone = 0 AND expires > :now`

	touchText = `UPDATE {sessions} SET expires = {greatest}(expires, {least}(:now + :idle, deadline))
WHERE id = :id AND gone = 0 AND expires > :now`

	// expires comes first, because MySQL assigns one column after the other. The expires
	// of a tombstone never becomes earlier, whatever the clock does.
	deleteText = `INSERT INTO {sessions} (id, revision, term, further, data, gone, expires, deadline)
VALUES (:id, :revision, NULL, :further, :data, 1, :now + :idle, 0)
{otherwise} expires = CASE WHEN {sessions}.gone = 1 THEN {greatest}({sessions}.expires, :now + :idle) ELSE :now + :idle END,
revision = :revision, term = NULL, data = :data, gone = 1, deadline = 0`

	// Both ways to find a session return a full page of live IDs, so that the IDs that
	// they have in common do not shorten the page.
	listText = `SELECT {lagging}, s.id, s.revision, s.term, s.further, s.data, s.gone, s.expires - :now, s.deadline - :now
FROM (SELECT 1 AS one) o LEFT JOIN (
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
	ORDER BY id LIMIT :max
) found ON 1 = 1 LEFT JOIN {sessions} s ON s.id = found.id
ORDER BY s.id`

	carriersText = `SELECT {lagging}, found.id FROM (SELECT 1 AS one) o LEFT JOIN (
	SELECT id FROM {sessions} WHERE term = :term AND gone = 0 AND expires > :now
	UNION
	SELECT e.id FROM {terms} e JOIN {sessions} c ON c.id = e.id WHERE e.term = :term AND c.gone = 0 AND c.expires > :now
) found ON 1 = 1`

	// In no order: PostgreSQL then reads the rows as they lie on the disk, in which order they
	// are ended several times as fast.
	everyText = `SELECT id FROM {sessions} WHERE gone = 0 AND expires > :now AND ` + beginsText

	// Lengths and positions in binary columns are in bytes.
	beginsText = `substr(data, 1, length(:prefix)) = :prefix`

	// Ends those of the listed sessions that meet a condition, which follows. Only the row
	// decides whether they do. Databases read the newest version of a row that another
	// transaction is changing, but may read older versions of other rows.
	buryText = `UPDATE {sessions}
SET revision = :revision, term = NULL, data = :data, gone = 1, expires = :now + :idle, deadline = 0
WHERE id IN ({ids}) AND gone = 0 AND expires > :now AND `

	columnsText = `SELECT s.id, s.revision, s.term, s.further, s.data, s.gone, s.expires, s.deadline, e.term, e.id
FROM {sessions} s CROSS JOIN {terms} e WHERE 1 = 0`

	expiredText = `SELECT id, further FROM {sessions} WHERE expires <= :now ORDER BY expires LIMIT :max`

	removePlainText = `DELETE FROM {sessions} WHERE id IN ({ids}) AND expires <= :now AND further = :further`

	removeText = `DELETE FROM {sessions} WHERE id IN ({ids}) AND expires <= :now`

	removeEntriesText = `DELETE FROM {terms} WHERE id IN ({ids})
AND NOT EXISTS (SELECT 1 FROM {sessions} WHERE {sessions}.id = {terms}.id)`
)

// queries are the statements with a fixed text. The text of all others depends on the
// number of IDs or terms.
type queries struct {
	insert, replace, load, update, renew, touch, delete, list, carriers, every, expired *query
}

func (s *Store) compile() queries {
	q := queries{
		insert:   s.query(insertText+s.dialect.unlessThere, 0),
		replace:  s.query(replaceText, 0),
		load:     s.query(loadText, 0),
		update:   s.query(updateText, 0),
		renew:    s.query(renewText, 0),
		touch:    s.query(touchText, 0),
		delete:   s.query(deleteText, 0),
		list:     s.query(listText, 0),
		carriers: s.query(carriersText, 0),
		every:    s.query(everyText, 0),
		expired:  s.query(expiredText, 0),
	}
	for _, fixed := range q.all() {
		fixed.fixed = true
	}
	return q
}

func (q *queries) all() []*query {
	return []*query{q.insert, q.replace, q.load, q.update, q.renew, q.touch, q.delete, q.list, q.carriers, q.every, q.expired}
}

func (q *queries) close() {
	for _, q := range q.all() {
		if stmt := q.prepared.Swap(nil); stmt != nil {
			stmt.Close()
		}
	}
}

// widths are the lengths of the lists of IDs in a statement. Shorter lists are padded, so
// that a database that caches parsed statements sees few texts.
var widths = []int{1, 10, 100, widest}

// widest is the greatest number of IDs in one statement.
const widest = 1000

// wide translates a template with a list of at least the given number of IDs, which must
// not exceed widest.
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
