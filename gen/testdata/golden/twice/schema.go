// Command twice has two schemas in one package, which share a struct and a key.
package main

// shopper is who buys.
type shopper struct {
	_ struct{} `session:"idle=1h,lifetime=8h"`

	UserID int    `session:"user_id,principal"`
	Cart   []Item `session:"cart"`
	Theme  string `cookie:"theme"`
}

// Staff is who sells.
type Staff struct {
	_ struct{} `session:"idle=5m,type=StaffMember" cookie:"staff,domain=golden.example,path=/staff,samesite=strict"`

	UserID string          `session:"user_id,principal"`
	Till   map[string]Item `session:"till"`
	Size   int             `session:"size"`
	Value  Item            `session:"value"`
	Staff  bool            `session:"staff,renew"`
}

// Item is bought and sold.
type Item struct {
	SKU   string
	Price int64
}
