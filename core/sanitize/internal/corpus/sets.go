package corpus

// Sets are the groups of templates, in the order in which they were written.
func Sets() []Set {
	return []Set{
		{Name: "first", families: firstFamilies, more: func(g *generator) { firstSecrets(g); nationalRows(g) }, events: firstEvents},
		{Name: "second", families: secondFamilies},
		{Name: "third", families: thirdFamilies, events: thirdEvents},
		{Name: "fourth", families: fourthFamilies},
		{Name: "fifth", families: fifthFamilies},
	}
}

func firstFamilies() []family {
	var all []family
	for _, fs := range [][]family{connections(), addresses(), sessions(), personal(), benign()} {
		all = append(all, fs...)
	}
	return all
}
