# Thin aliases for ./dev, which does the work.
.PHONY: setup demo test check coverage mutate bench docs lock doctor
setup demo test check coverage mutate bench docs lock doctor:
	@./dev $@
