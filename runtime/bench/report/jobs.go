package main

import (
	"errors"
	"fmt"
	"sync"

	"github.com/sessiongen/sessiongen/runtime/bench/codec"
	"github.com/sessiongen/sessiongen/runtime/bench/content"
	"github.com/sessiongen/sessiongen/runtime/bench/cookie"
	"github.com/sessiongen/sessiongen/runtime/bench/request"
)

// The tables.
const (
	requests = "requests"
	sealedIn = "sealed"
	codecs   = "codecs"
	cookies  = "cookies"
)

const parallel = "read one, two at a time"

// prepare checks everything that is to be measured, and makes a job of it.
func prepare() (jobs []*job, err error) {
	for _, more := range []func() ([]*job, error){
		func() ([]*job, error) { return requestJobs(requests, request.Libraries(), request.Kinds[:]) },
		func() ([]*job, error) {
			return requestJobs(sealedIn, request.Sealed(), []request.Kind{request.ReadOne, request.ReadAll, request.WriteOne, request.New})
		},
		codecJobs, cookieJobs,
	} {
		made, err := more()
		if err != nil {
			return nil, err
		}
		jobs = append(jobs, made...)
	}
	return jobs, nil
}

func requestJobs(table string, libraries []*request.Library, kinds []request.Kind) (jobs []*job, err error) {
	for _, l := range libraries {
		if err := l.Verify(); err != nil {
			return nil, err
		}
		for _, kind := range kinds {
			if l.Nothing && kind != request.NoCookie {
				continue
			}
			a, err := l.Open()
			if err != nil {
				return nil, err
			}
			c, err := a.Cycle(kind)
			if err != nil {
				return nil, err
			}
			j := &job{table: table, row: l.Name, column: kind.String(), run: serve(c)}
			if kind == request.New {
				j.batch, j.reset = request.Batch, c.Reset
			}
			if kind == request.ReadAll {
				size, err := c.Size()
				if err != nil {
					return nil, err
				}
				j.figures = map[string]float64{"stored": float64(size), "cookie": float64(c.CookieLength())}
			}
			jobs = append(jobs, j)
		}
		if table == requests && !l.Nothing {
			j, err := parallelJob(l)
			if err != nil {
				return nil, err
			}
			jobs = append(jobs, j)
		}
	}
	return jobs, nil
}

func serve(c *request.Cycle) func(n int) error {
	return func(n int) error {
		for range n {
			if err := c.Serve(); err != nil {
				return err
			}
		}
		return nil
	}
}

// parallelJob reads from two goroutines, each a session of its own in the same store.
// Two processors say nothing about more.
func parallelJob(l *request.Library) (*job, error) {
	a, err := l.Open()
	if err != nil {
		return nil, err
	}
	var runs [2]func(n int) error
	for i := range runs {
		c, err := a.Cycle(request.ReadOne)
		if err != nil {
			return nil, err
		}
		runs[i] = serve(c)
	}
	return &job{table: requests, row: l.Name, column: parallel, run: func(n int) error {
		var errs [len(runs)]error
		var done sync.WaitGroup
		for i, run := range runs {
			done.Go(func() { errs[i] = run(n / len(runs)) })
		}
		done.Wait()
		return errors.Join(errs[:]...)
	}}, nil
}

func codecJobs() (jobs []*job, err error) {
	want := content.Sample()
	for _, c := range codec.All() {
		value := c.Of(content.Sample())
		data, err := c.Marshal(value)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.Name, err)
		}
		read, err := c.Unmarshal(data)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.Name, err)
		}
		if got, err := c.Content(read); err != nil || !got.Equal(&want) {
			return nil, fmt.Errorf("%s: read %+v, %w", c.Name, got, err)
		}
		figures := map[string]float64{"size": float64(len(data))}
		jobs = append(jobs,
			&job{table: codecs, row: c.Name, column: "marshal", figures: figures, run: func(n int) error {
				for range n {
					b, err := c.Marshal(value)
					if err != nil || len(b) == 0 {
						return fmt.Errorf("%d bytes, %w", len(b), err)
					}
				}
				return nil
			}},
			&job{table: codecs, row: c.Name, column: "unmarshal", figures: figures, run: func(n int) error {
				for range n {
					if _, err := c.Unmarshal(data); err != nil {
						return err
					}
				}
				return nil
			}})
	}
	return jobs, nil
}

func cookieJobs() (jobs []*job, err error) {
	ways, err := cookie.All()
	if err != nil {
		return nil, err
	}
	for _, way := range ways {
		trip, err := cookie.NewTrip(way)
		if err != nil {
			return nil, err
		}
		again := func(do func() error) func(n int) error {
			return func(n int) error {
				for range n {
					if err := do(); err != nil {
						return err
					}
				}
				return nil
			}
		}
		figures := map[string]float64{"cookie": float64(trip.Length())}
		jobs = append(jobs,
			&job{table: cookies, row: way.Name, column: "read", run: again(trip.Read), figures: figures},
			&job{table: cookies, row: way.Name, column: "write", run: again(trip.Write), figures: figures})
	}
	return jobs, nil
}
