import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

PROGRAM = """
import sys
from threadpoolctl import threadpool_info
from src.models.forward import run_together
threads, = run_together([lambda: {pool["num_threads"] for pool in threadpool_info()}], 2)
import lightgbm
print(threads, [name for name in sys.modules if name.startswith("sklearn")])
import sklearn.linear_model
print(lightgbm.train.__name__, sklearn.linear_model.LogisticRegression.__name__)
"""


def test_fits_have_one_thread_each_and_no_scikit_learn():
    """Check in a process of its own: all libraries are bound, nothing of scikit-learn is loaded, and it can be yet."""
    command = [sys.executable, "-c", PROGRAM]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout.splitlines() == ["{1} []", "train LogisticRegression"], done.stderr
