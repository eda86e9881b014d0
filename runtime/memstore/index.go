package memstore

// index finds the entries of a shard by the hash of a term. It returns candidates:
// two terms may share a hash, and only the entry knows its terms.
//
// The links of one hash form a list. Each bucket chains the first links of its lists.
type index struct {
	links   slab[link]
	free    ref // unused links, by next
	buckets []ref
	lists   int
}

// link records that an entry carries a term.
type link struct {
	since      uint64 // the epoch in which the entry took up the term
	entry      ref
	sibling    ref // the link of the entry's next term
	next, prev ref // the neighbours in the list
	chain      ref // of a list's first link: the first link of the bucket's next list
	hash       uint32
}

// first returns the list of a hash, for reading.
func (x *index) first(hash uint32) ref {
	if len(x.buckets) == 0 {
		return 0
	}
	return *x.place(hash)
}

// place returns the location that holds, or is to hold, the first link of a list.
func (x *index) place(hash uint32) *ref {
	p := &x.buckets[hash&uint32(len(x.buckets)-1)]
	for *p != 0 {
		l := x.links.at(*p)
		if l.hash == hash {
			break
		}
		p = &l.chain
	}
	return p
}

// add puts an entry into the list of a hash.
func (x *index) add(hash uint32, entry ref, since uint64) ref {
	if x.lists == len(x.buckets) {
		x.grow()
	}
	r := x.free
	if r != 0 {
		x.free = x.links.at(r).next
	} else {
		r = x.links.push()
	}
	l := x.links.at(r)
	*l = link{since: since, entry: entry, hash: hash}
	p := x.place(hash)
	if *p == 0 {
		*p = r
		x.lists++
		return r
	}
	// Insert the link as the second one, so that the bucket's chain stays as it is.
	head := x.links.at(*p)
	l.prev, l.next = *p, head.next
	if l.next != 0 {
		x.links.at(l.next).prev = r
	}
	head.next = r
	return r
}

// remove deletes a link and its siblings.
func (x *index) remove(r ref) {
	for r != 0 {
		l := x.links.at(r)
		sibling := l.sibling
		x.unlink(r, l)
		*l = link{next: x.free}
		x.free = r
		r = sibling
	}
	if x.lists == 0 {
		*x = index{}
	}
}

func (x *index) unlink(r ref, l *link) {
	if l.next != 0 {
		x.links.at(l.next).prev = l.prev
	}
	if l.prev != 0 {
		x.links.at(l.prev).next = l.next
		return
	}
	p := x.place(l.hash)
	if l.next != 0 {
		x.links.at(l.next).chain = l.chain
		*p = l.next
		return
	}
	*p = l.chain
	x.lists--
}

// moved updates a link and its siblings after their entry has moved.
func (x *index) moved(r, entry ref) {
	for r != 0 {
		l := x.links.at(r)
		l.entry = entry
		r = l.sibling
	}
}

func (x *index) grow() {
	old := x.buckets
	x.buckets = make([]ref, max(8, 2*len(old)))
	for _, r := range old {
		for r != 0 {
			l := x.links.at(r)
			chain := l.chain
			p := &x.buckets[l.hash&uint32(len(x.buckets)-1)]
			l.chain, *p = *p, r
			r = chain
		}
	}
}
