package store

import (
	"fmt"

	"customer-events/models"
)

// claim is a value that a row gives and that no two records may have: of a unique column, or a secret of an
// access token.
type claim struct {
	column  int   // where it is looked up
	lookups []any // the stored values that may be it
	same    func(values []any) bool
	pair    bool // identifier and pass code
}

// claims lists the claims of a row. Values that it leaves as they are do not count.
func (t *upsertTable) claims(r *plannedRow) (claims []claim) {
	given := r.row.Values
	for c := range t.unique {
		if value, ok := given[c].(string); ok {
			claims = append(claims, claim{column: c, lookups: []any{value}, same: func(v []any) bool { return v[c] == value }})
		}
	}
	if len(t.columns) <= tokenPasswordSpent {
		return claims
	}
	secretClaim := func(column int, same func(values []any, secret *models.HashedSecret) bool) {
		if secret, ok := given[column].(*models.HashedSecret); ok {
			lookups := []any{hash(secret.Hash)}
			for _, older := range secret.Older {
				lookups = append(lookups, hash(older))
			}
			claims = append(claims, claim{column: column, lookups: lookups,
				same: func(values []any) bool { return same(values, secret) }})
		}
	}
	secretClaim(tokenAuthenticationCode, func(values []any, secret *models.HashedSecret) bool {
		return isOneOf(values[tokenAuthenticationCode], secret)
	})
	// One-time passwords are short, and come again. Only one that can still be used is in another's way.
	usable := func(values []any) bool {
		expires, ok := values[tokenPasswordExpires].(storedTime)
		return values[tokenPasswordSpent] == nil && (!ok || r.row.At.UnixMicro() < int64(expires))
	}
	if usable(r.values) {
		secretClaim(tokenPassword, func(values []any, secret *models.HashedSecret) bool {
			return isOneOf(values[tokenPassword], secret) && usable(values)
		})
	}
	passCode, ok := given[tokenPassCode].(*models.HashedSecret)
	if identifier := r.values[tokenIdentifier]; ok && identifier != nil {
		claims = append(claims, claim{column: tokenIdentifier, lookups: []any{identifier}, pair: true, same: func(values []any) bool {
			stored, ok := values[tokenPassCode].(hash)
			return ok && values[tokenIdentifier] == identifier && passCode.Same(values[tokenNumber].(string), []byte(stored))
		}})
	}
	return claims
}

// judge refuses the rows whose claims cannot be met: in the state that the rows lead to, another record has
// the value.
func (p *upsertPlan) judge() {
	for i := range p.rows {
		if row := &p.rows[i]; row.outcome.Err == nil {
			for c, value := range row.values {
				if value != nil && p.table.lookedUp(c) {
					p.byValue[columnValue{c, value}] = append(p.byValue[columnValue{c, value}], i)
				}
			}
		}
	}
	for i := range p.rows {
		for c := range p.rows[i].claims {
			if p.rows[i].outcome.Err == nil {
				p.againstRows(i, &p.rows[i].claims[c])
			}
		}
	}
	for i := range p.rows {
		if p.rows[i].outcome.Err == nil {
			for c := range p.rows[i].claims {
				p.againstStored(i, &p.rows[i].claims[c])
			}
		}
	}
	for len(p.refused) > 0 {
		last := p.refused[len(p.refused)-1]
		p.refused = p.refused[:len(p.refused)-1]
		for _, w := range p.waiting[last] {
			p.refuse(w.row, p.taken(w.claim, w.holder.values), w.holder)
		}
	}
}

// againstRows refuses the later of two rows that claim the same value.
func (p *upsertPlan) againstRows(i int, claim *claim) {
	for _, value := range claim.lookups {
		for _, j := range p.byValue[columnValue{claim.column, value}] {
			if j > i && p.rows[j].outcome.Err == nil && p.claimsToo(j, claim) && claim.same(p.rows[j].values) {
				p.refuse(j, p.taken(claim, p.rows[i].values), nil)
			}
		}
	}
}

// claimsToo reports whether a row gives a value for the claim's column, rather than leaving what is stored.
func (p *upsertPlan) claimsToo(row int, claim *claim) bool {
	for _, other := range p.rows[row].claims {
		if other.column == claim.column {
			return true
		}
	}
	return p.rows[row].record == nil
}

// againstStored refuses a row if a stored record has the value and no row gives it up.
func (p *upsertPlan) againstStored(i int, claim *claim) {
	for _, value := range claim.lookups {
		for _, holder := range p.stored.byValue[columnValue{claim.column, value}] {
			if holder == p.rows[i].record || p.givenUp(holder, claim) || !claim.same(holder.values) {
				continue
			}
			giver, ok := p.byKey[holder.key]
			if ok && p.rows[giver].outcome.Err == nil && !claim.same(p.rows[giver].values) {
				p.waiting[giver] = append(p.waiting[giver], wanted{i, claim, holder})
				continue
			}
			p.refuse(i, p.taken(claim, holder.values), holder)
		}
	}
}

// givenUp reports whether an earlier row of a trial would have changed the value.
func (p *upsertPlan) givenUp(holder *storedRecord, claim *claim) bool {
	return p.trial.Changed(holder.key, claim.column) || claim.pair && p.trial.Changed(holder.key, tokenPassCode)
}

func (p *upsertPlan) refuse(i int, why error, holder *storedRecord) {
	outcome := &p.rows[i].outcome
	if outcome.Err == nil {
		outcome.Err = why
		p.refused = append(p.refused, i)
	}
	if holder != nil {
		outcome.Holders = append(outcome.Holders, holder.key)
	}
}

// taken says which value of a row another record has. It names no secret.
func (p *upsertPlan) taken(claim *claim, values []any) error {
	column := ""
	switch {
	case claim.pair:
		column = "identifier and pass_code"
	case claim.column == tokenAuthenticationCode && len(p.table.columns) > tokenPasswordSpent:
		column = "authentication_code"
	case claim.column == tokenPassword:
		column = "one_time_password"
	}
	if column != "" {
		return fmt.Errorf("%s: the access token with number (%s) has the same: give each token its own", column,
			models.Sanitize(values[tokenNumber].(string)))
	}
	by := p.table.naturalKey[len(p.table.naturalKey)-1]
	if by == claim.column {
		by = 0
	}
	return fmt.Errorf("%s (%s) is taken by the record with %s (%s): give the right one, or leave it out where it may be blank",
		p.table.columns[claim.column].name, models.Sanitize(values[claim.column].(string)), p.table.columns[by].name,
		models.Sanitize(values[by].(string)))
}
