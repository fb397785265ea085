PYTHON = .venv/bin/python
SET_UP = .venv/set_up

.PHONY: demo test bench lint reports report

demo: $(SET_UP)
	@$(PYTHON) -m training.demo.run
	@$(PYTHON) -m grading.demo

TEST = OMP_NUM_THREADS=1 $(PYTHON) -m pytest --numprocesses auto --maxprocesses 8 --dist worksteal

# The grader's tests apart: it forks often, which costs ten times as much in a process that holds PyTorch.
test: $(SET_UP)
	@$(TEST) tests/grading
	@$(TEST) --ignore tests/grading

bench: $(SET_UP)
	@$(PYTHON) -m training.demo.bench

lint: $(SET_UP)
	@$(PYTHON) -m ruff check . && $(PYTHON) -m ruff format --check .

reports: $(SET_UP)
	@$(PYTHON) -m reports

# The report as NTU's course wants it: make report ID=r09922000
report: $(SET_UP)
	@$(PYTHON) -m reports student $(ID)

# Only a finished set-up leaves the stamp, so an interrupted one is taken up again.
$(SET_UP): requirements.txt requirements-dev.txt
	@command -v wget > /dev/null || { echo "wget is missing: install it (Debian: apt install wget)" >&2; exit 1; }
	@command -v python3 > /dev/null || { echo "python3 is missing: install Python 3.10 or newer" >&2; exit 1; }
	@python3 -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { echo "python3 is $$(python3 -V 2>&1), too old: 3.10 or newer is needed" >&2; exit 1; }
	@python3 -c 'import ensurepip, venv' 2> /dev/null || { echo "python3 cannot make virtual environments: install venv (Debian: apt install python3-venv)" >&2; exit 1; }
	@echo "Setting up .venv: PyTorch is large, the first time takes 2 to 10 minutes."
	@python3 -m venv .venv
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@
