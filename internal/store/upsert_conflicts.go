package store

import (
	"fmt"

	"customer-events/models"
)

// claim is a value of a row that no two records may have: of a unique column, or a secret of an access
// token.
type claim struct {
	column  int   // the column in which it is looked up
	lookups []any // the stored forms that it may have
	same    func(values []any) bool
	pair    bool // whether the value is identifier and pass code together
}

// claims returns the claims of a row. Values that the row does not change are no claims.
func (t *upsertTable) claims(r *plannedRow) (claims []claim) {
	given := r.row.Values
	for c := range t.unique {
		if value, ok := given[c].(string); ok {
			claims = append(claims, claim{
				column:  c,
				lookups: []any{value},
				same:    func(values []any) bool { return values[c] == value },
			})
		}
	}
	if len(t.columns) <= tokenPasswordUsed {
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
	// One-time passwords are short, so that the same one may occur again. Only a usable one is a conflict.
	usable := func(values []any) bool {
		expires, ok := values[tokenPasswordExpires].(storedTime)
		return values[tokenPasswordUsed] == nil && (!ok || r.row.At.UnixMicro() < int64(expires))
	}
	if usable(r.values) {
		secretClaim(tokenPassword, func(values []any, secret *models.HashedSecret) bool {
			return isOneOf(values[tokenPassword], secret) && usable(values)
		})
	}
	passCode, ok := given[tokenPassCode].(*models.HashedSecret)
	if identifier := r.values[tokenIdentifier]; ok && identifier != nil {
		same := func(values []any) bool {
			stored, ok := values[tokenPassCode].(hash)
			return ok && values[tokenIdentifier] == identifier &&
				passCode.Same(values[tokenNumber].(string), []byte(stored))
		}
		claims = append(claims, claim{column: tokenIdentifier, lookups: []any{identifier}, same: same, pair: true})
	}
	return claims
}

// rejectConflicts rejects the rows whose claims conflict: in the state that the rows lead to, another
// record would have the value.
func (p *upsertPlan) rejectConflicts() {
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
	for len(p.rejected) > 0 {
		last := p.rejected[len(p.rejected)-1]
		p.rejected = p.rejected[:len(p.rejected)-1]
		for _, w := range p.waiting[last] {
			p.reject(w.row, p.taken(w.claim, w.holder.values), w.holder)
		}
	}
}

// againstRows rejects the later of two rows that claim the same value.
func (p *upsertPlan) againstRows(i int, claim *claim) {
	for _, value := range claim.lookups {
		for _, j := range p.byValue[columnValue{claim.column, value}] {
			if j > i && p.rows[j].outcome.Err == nil && p.claimsToo(j, claim) && claim.same(p.rows[j].values) {
				p.reject(j, p.taken(claim, p.rows[i].values), nil)
			}
		}
	}
}

// claimsToo reports whether a row sets the claim's column instead of leaving the stored value.
func (p *upsertPlan) claimsToo(row int, claim *claim) bool {
	for _, other := range p.rows[row].claims {
		if other.column == claim.column {
			return true
		}
	}
	return p.rows[row].record == nil
}

// againstStored rejects a row if a stored record has the value and no row changes it there.
func (p *upsertPlan) againstStored(i int, claim *claim) {
	for _, value := range claim.lookups {
		for _, holder := range p.stored.byValue[columnValue{claim.column, value}] {
			if holder == p.rows[i].record || p.changedInTrial(holder, claim) || !claim.same(holder.values) {
				continue
			}
			changer, ok := p.byKey[holder.key]
			if ok && p.rows[changer].outcome.Err == nil && !claim.same(p.rows[changer].values) {
				p.waiting[changer] = append(p.waiting[changer], wanted{i, claim, holder})
				continue
			}
			p.reject(i, p.taken(claim, holder.values), holder)
		}
	}
}

// changedInTrial reports whether an earlier row of the trial would have changed the value.
func (p *upsertPlan) changedInTrial(holder *storedRecord, claim *claim) bool {
	return p.trial.Changed(holder.key, claim.column) || claim.pair && p.trial.Changed(holder.key, tokenPassCode)
}

// reject records the error of a row, and the record that has the value.
func (p *upsertPlan) reject(i int, cause error, holder *storedRecord) {
	outcome := &p.rows[i].outcome
	if outcome.Err == nil {
		outcome.Err = cause
		p.rejected = append(p.rejected, i)
	}
	if holder != nil {
		outcome.Holders = append(outcome.Holders, holder.key)
	}
}

// taken returns the error that names the value that another record has. It names no secret.
func (p *upsertPlan) taken(claim *claim, values []any) error {
	column := ""
	switch {
	case claim.pair:
		column = "identifier and pass_code"
	case claim.column == tokenAuthenticationCode && len(p.table.columns) > tokenPasswordUsed:
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
	return fmt.Errorf("%s (%s) is taken by the record with %s (%s): "+
		"give the right one, or leave it out where it may be blank",
		p.table.columns[claim.column].name, models.Sanitize(values[claim.column].(string)),
		p.table.columns[by].name, models.Sanitize(values[by].(string)))
}
