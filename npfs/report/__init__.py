"""What a person reads: verdict, figures and tables, built from run files alone."""
