package main

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"time"
)

// job is one cell of a table.
type job struct {
	table, row, column string
	batch              int                // how often it may run before reset; 0: any number
	run                func(n int) error  // n times; the time is measured around it
	reset              func() error       // not measured; nil: nothing to do
	figures            map[string]float64 // what does not take a time, such as a size
}

// cell is what was measured of a job.
type cell struct {
	nanoseconds, allocs, bytes float64 // medians of all passes
	spread                     float64 // between the quartiles, as a part of the median
	figures                    map[string]float64
	passes                     []sample
}

type sample struct{ nanoseconds, allocs, bytes float64 }

// measure runs all jobs once per pass, each time in another order, so that what else the
// machine does meets all of them alike, and takes medians.
func measure(jobs []*job, passes int, each time.Duration, progress func(string)) ([]*cell, error) {
	cells := make([]*cell, len(jobs))
	for i, j := range jobs {
		cells[i] = &cell{figures: j.figures}
	}
	order := rand.New(rand.NewPCG(1, 2))
	for pass := range passes {
		progress(fmt.Sprintf("pass %d of %d", pass+1, passes))
		for _, i := range order.Perm(len(jobs)) {
			s, err := once(jobs[i], each)
			if err != nil {
				return nil, fmt.Errorf("%s, %s: %w", jobs[i].row, jobs[i].column, err)
			}
			cells[i].passes = append(cells[i].passes, s)
		}
	}
	for _, c := range cells {
		c.summarise()
	}
	return cells, nil
}

func (c *cell) summarise() {
	of := func(f func(sample) float64, at float64) float64 {
		var values []float64
		for _, s := range c.passes {
			values = append(values, f(s))
		}
		slices.Sort(values)
		return values[int(at*float64(len(values)-1)+0.5)]
	}
	nanoseconds := func(s sample) float64 { return s.nanoseconds }
	c.nanoseconds = of(nanoseconds, 0.5)
	c.allocs = of(func(s sample) float64 { return s.allocs }, 0.5)
	c.bytes = of(func(s sample) float64 { return s.bytes }, 0.5)
	c.spread = (of(nanoseconds, 0.75) - of(nanoseconds, 0.25)) / c.nanoseconds
}

// once runs a job for about so long. What its garbage costs counts, that of others does
// not.
func once(j *job, each time.Duration) (s sample, err error) {
	n := j.batch
	if n == 0 {
		n = 16
	}
	if _, err := timed(j, n); err != nil { // warms up, and gives pools their contents
		return s, err
	}
	runtime.GC()
	count, total := 0, time.Duration(0)
	for total < each {
		part, err := timed(j, n)
		if err != nil {
			return s, err
		}
		took := time.Duration(part.nanoseconds)
		if j.batch == 0 && took < each/16 && took > 0 && n < 1<<24 {
			n *= 2 // too short to be measured well
			continue
		}
		count += n
		total += took
		s.nanoseconds += part.nanoseconds
		s.allocs += part.allocs
		s.bytes += part.bytes
	}
	s.nanoseconds /= float64(count)
	s.allocs /= float64(count)
	s.bytes /= float64(count)
	return s, nil
}

func timed(j *job, n int) (s sample, err error) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	err = j.run(n)
	s.nanoseconds = float64(time.Since(start))
	runtime.ReadMemStats(&after)
	s.allocs, s.bytes = float64(after.Mallocs-before.Mallocs), float64(after.TotalAlloc-before.TotalAlloc)
	if err == nil && j.reset != nil {
		err = j.reset()
	}
	return s, err
}
