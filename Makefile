# Thin aliases for ./dev, which does the work.
.PHONY: setup demo test check bench lock doctor
setup demo test check bench lock doctor:
	@./dev $@
