package wire

// IsZeroComplex reports whether [IsZeroFloat] holds for both parts of v.
func IsZeroComplex[T ~complex64 | ~complex128](v T) bool {
	wide := complex128(v)
	return IsZeroFloat(real(wide)) && IsZeroFloat(imag(wide))
}

// AppendComplex appends a complex number as a message of two doubles: the real part is field
// 1, the imaginary part field 2.
func AppendComplex(b []byte, number int32, v complex128) []byte {
	b = AppendMessage(b, number, 18)
	b = AppendFloat64(b, 1, real(v))
	return AppendFloat64(b, 2, imag(v))
}

// Complex reads what [AppendComplex] wrote.
func (r *Reader) Complex() complex128 {
	var realPart, imaginary float64
	outer := r.Enter()
	for r.Next() {
		switch r.number {
		case 1:
			realPart = r.Float64()
		case 2:
			imaginary = r.Float64()
		default:
			r.Skip()
		}
	}
	r.Leave(outer)
	return complex(realPart, imaginary)
}
