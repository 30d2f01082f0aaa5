# Thin aliases for ./dev, which does the work.
.PHONY: setup demo test check coverage mutate bench lock doctor
setup demo test check coverage mutate bench lock doctor:
	@./dev $@
