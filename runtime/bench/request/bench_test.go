package request

import "testing"

// BenchmarkRequest is for profiles, as in
//
//	go test ./request -bench 'Request/sessiongen/read_one' -cpuprofile cpu.out
//
// Figures to compare are those of `go run ./report`, whose passes are interleaved.
func BenchmarkRequest(b *testing.B) {
	for _, l := range append(Libraries(), Sealed()[:2]...) {
		for _, kind := range Kinds {
			b.Run(l.Name+"/"+kind.String(), func(b *testing.B) {
				a, err := l.Open()
				if err != nil {
					b.Fatal(err)
				}
				c, err := a.Cycle(kind)
				if err != nil {
					b.Fatal(err)
				}
				b.ReportAllocs()
				for i := 1; b.Loop(); i++ {
					if err := c.Serve(); err != nil {
						b.Fatal(err)
					}
					if kind == New && i%Batch == 0 {
						b.StopTimer()
						if err := c.Reset(); err != nil {
							b.Fatal(err)
						}
						b.StartTimer()
					}
				}
			})
		}
	}
}
